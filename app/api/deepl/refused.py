"""What DeepL offers and this server does not: paths that say so, instead of leading nowhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Depends, Request

from app.api.deepl.problems import NotOffered
from app.auth import GuardedRoute, require

router = APIRouter(dependencies=[Depends(require("translate"))], route_class=GuardedRoute, include_in_schema=False)

_NOT_OFFERED: Mapping[str, str] = {
    "/v2/write": "Improving texts",
    "/v2/admin": "Managing keys over HTTP (see `babelpool keys`)",
    "/v3/style_rules": "Style rules",
    "/v3/translation_memories": "Translation memories",
    "/v3/voice": "Speech",
    "/v3/languages": "The third version of the list of languages (see /v2/languages)",
}


def _endpoint(what: str) -> Callable[[Request], Awaitable[None]]:
    async def refuse(request: Request) -> None:
        raise NotOffered(f"{what} is not offered here: {request.url.path} does not exist. docs/deepl.md lists what is.")

    return refuse


for _path, _what in _NOT_OFFERED.items():
    for _pattern in (_path, f"{_path}/{{rest:path}}"):
        router.add_api_route(_pattern, _endpoint(_what), methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
