"""Refuses what pages of other origins can send without a browser asking first; pure ASGI.

A browser asks a server before a page of another origin sends it JSON, and CORS answers. A form or an upload it sends
unasked, to 127.0.0.1 as well, so a server without keys would work for whatever page is open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import RequestError
from app.headers import announced_type

_UNASKED = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
"""Media types before which no browser asks, by the Fetch standard."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class OtherOrigin(RequestError):
    """A form from a page of another origin."""

    code = "other_origin"
    status = 403


class OriginGuard:
    """ASGI middleware. allowed: origins that may send anything. answer: renders an error in the request's dialect."""

    def __init__(
        self,
        app: ASGIApp,
        allowed: Collection[str],
        answer: Callable[[Request, Exception], Awaitable[Response | None]],
    ) -> None:
        self._app = app
        self._allowed = frozenset(allowed)
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        app = self._app
        if scope["type"] == "http" and scope["method"] not in _SAFE and self._is_foreign(Headers(scope=scope)):
            error = OtherOrigin("Pages of other origins may not send this. Add the origin to server.cors_origins.")
            app = await self._answer(Request(scope, receive), error) or app
        await app(scope, receive, send)

    def _is_foreign(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None or origin in self._allowed or "*" in self._allowed:
            return False
        if announced_type(headers) not in _UNASKED:
            return False
        return urlsplit(origin).netloc != headers.get("host")
