"""`/v2/languages`, `/v2/usage`: what there is, and what the key has used."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError

from app.api.context import Asking, Serving
from app.api.deepl.codes import source_code, target_codes
from app.api.deepl.forms import fields_of
from app.api.deepl.models import pairs_of
from app.api.deepl.routing import deepl_router
from app.api.schemas.deepl import DeeplLanguage, DeeplUsage
from app.languages import display_name

_UNLIMITED = 1_000_000_000_000
"""What DeepL shows for keys without a limit."""

router = deepl_router("/v2")

Side = Literal["source", "target"]


async def _side(
    request: Request, kind: Annotated[Side | None, Query(alias="type", description='"source" where absent.')] = None
) -> Side:
    """Read `type` from the query, or from the form that DeepL's Python client sends with its GET."""
    wanted = kind or (await fields_of(request)).get("type", "source")
    match wanted:
        case "source" | "target":
            return wanted
        case _:
            raise RequestValidationError([{"type": "literal_error", "loc": ("type",), "msg": "send source or target"}])


@router.get("/languages", response_model_exclude_none=True)
@router.post("/languages", response_model_exclude_none=True, include_in_schema=False)
async def listed_languages(side: Annotated[Side, Depends(_side)], serving: Serving) -> list[DeeplLanguage]:
    """List languages in DeepL's codes."""
    pairs = pairs_of(serving.tiers)
    if side == "source":
        return [
            DeeplLanguage(language=code, name=display_name(code)) for code in sorted({source_code(s) for s, _ in pairs})
        ]
    codes = sorted({code for _, target in pairs for code in target_codes(target)})
    return [DeeplLanguage(language=code, name=display_name(code), supports_formality=False) for code in codes]


@router.get("/usage")
async def usage(asking: Asking) -> DeeplUsage:
    """Tell how much of the key's day is used."""
    used, limit = asking.access.usage.used(asking.caller.name) or (0, _UNLIMITED)
    return DeeplUsage(character_count=used, character_limit=limit)
