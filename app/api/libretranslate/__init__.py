"""LibreTranslate's dialect: its paths, encodings, field names and errors over the same translator."""

from app.api.libretranslate import files, routes
from app.api.libretranslate.errors import render
from app.api.libretranslate.shared import translate_shared

ROUTERS = (routes.router, files.router)

__all__ = ["ROUTERS", "render", "translate_shared"]
