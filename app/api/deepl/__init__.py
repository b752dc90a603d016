"""The DeepL dialect, so that DeepL's official clients need another address and nothing else; docs/deepl.md."""

from app.api.deepl import account, documents, glossaries, multilingual, refused, texts
from app.api.deepl.problems import render

ROUTERS = (texts.router, documents.router, account.router, glossaries.router, multilingual.router, refused.router)

__all__ = ["ROUTERS", "render"]
