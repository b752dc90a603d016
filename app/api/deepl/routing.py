"""What the routers of this dialect share: a key with the scope `translate`, either kind of body, and its errors."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from app.api.deepl.forms import DeeplRoute
from app.api.deepl.problems import ANSWERS
from app.auth import Caller, require

_ALLOWED = require("translate")

Calling = Annotated[Caller, Depends(_ALLOWED)]


def deepl_router(prefix: str) -> APIRouter:
    """Return a router for paths that begin so."""
    return APIRouter(
        prefix=prefix, tags=["DeepL"], dependencies=[Depends(_ALLOWED)], route_class=DeeplRoute, responses=ANSWERS
    )
