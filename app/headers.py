"""Headers: what a body is announced as; a content security policy for pages, nosniff for everything. Pure ASGI.

What a policy has to allow was found by looking at the pages in a browser: see docs/security.md.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOSNIFF = {"X-Content-Type-Options": "nosniff"}
DOCS_ROUTES = frozenset({"/docs", "/redoc", "/docs/oauth2-redirect"})

_INLINE_SCRIPT = re.compile(rb"<script(?:\s[^>]*)?>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_PAGE_HEADERS = {
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def announced_type(headers: Mapping[str, str]) -> str:
    """Return the media type that a request announces its body as, in lower case, without parameters; "" for none."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def page_policy() -> str:
    """Return the policy of a page: scripts and styles from our own files only, nothing inline, no frames."""
    return _render(_POLICY)


def docs_policy(page: bytes) -> str:
    """Return the policy of a documentation page: its own inline scripts by hash, and the styles its scripts write.

    Only for pages into which nothing of a request gets: what is in them is trusted.
    """
    hashes = (f"'sha256-{b64encode(sha256(script).digest()).decode()}'" for script in _inline_scripts(page))
    return _render(
        _POLICY
        | {
            "script-src": " ".join(("'self'", *hashes)),
            "style-src": "'self' 'unsafe-inline'",
            "worker-src": "blob:",  # ReDoc's search
        }
    )


class SecurityHeaders:
    """ASGI middleware, the outermost. Headers that a route has set itself stay."""

    def __init__(self, app: ASGIApp, docs_routes: Collection[str] = DOCS_ROUTES) -> None:
        self._app = app
        self._docs_routes = docs_routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to one response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        held: Message | None = None

        async def secured(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                _set(headers, {**NOSNIFF, "Referrer-Policy": "no-referrer"}.items())
                if headers.get("content-type", "").startswith("text/html"):
                    _set(headers, _PAGE_HEADERS.items())
                    if getattr(scope.get("route"), "path", None) in self._docs_routes:
                        held = message  # until its body says which scripts it has
                        return
                    _set(headers, [("Content-Security-Policy", page_policy())])
            elif held is not None:
                start, held = held, None
                policy = docs_policy(message.get("body", b""))
                _set(MutableHeaders(scope=start), [("Content-Security-Policy", policy)])
                await send(start)
            await send(message)

        await self._app(scope, receive, secured)


def _set(headers: MutableHeaders, values: Iterable[tuple[str, str]]) -> None:
    for name, value in values:
        headers.setdefault(name, value)


def _inline_scripts(page: bytes) -> list[bytes]:
    return [script for script in _INLINE_SCRIPT.findall(page) if script.strip()]


def _render(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())
