"""What a request may be and how many there may be, decided before any work; pure ASGI and counters."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import TextTooLarge, TooManyRequests
from app.settings.models import LimitSettings

_RETRY_AFTER = 1.0
_MOST_DIGITS = 18


class Admission:
    """Counts requests in flight and refuses early what is too much."""

    def __init__(self, limits: LimitSettings) -> None:
        self.limits = limits
        self.in_flight = 0

    def check(self, texts: Sequence[str]) -> None:
        """Raise TextTooLarge where texts are too many or too long."""
        if len(texts) > self.limits.max_texts:
            raise TextTooLarge(
                f"{len(texts)} texts are more than the {self.limits.max_texts} of one request. Send them in several.",
                detail={"max_texts": self.limits.max_texts},
            )
        characters = sum(map(len, texts))
        if characters > self.limits.max_characters:
            raise TextTooLarge(
                f"{characters} characters are more than the {self.limits.max_characters} of one request. "
                "Split the text, or raise limits.max_characters.",
                detail={"max_characters": self.limits.max_characters},
            )

    @contextmanager
    def admitted(self, texts: Sequence[str]) -> Iterator[None]:
        """Hold a place for one request. Raises TextTooLarge, TooManyRequests."""
        self.check(texts)
        if self.in_flight >= self.limits.max_requests_in_flight:
            raise TooManyRequests(
                f"{self.in_flight} requests are being translated already. Try again in a moment.",
                retry_after=_RETRY_AFTER,
            )
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1


@dataclass(frozen=True, slots=True)
class BodyBound:
    """What a body may be. seconds: in which it must have come whole. at_once: requests with such a body; None: any.

    settings: those that say so, for messages.
    """

    max_bytes: int
    seconds: float
    at_once: int | None = None
    settings: tuple[str, str, str] = ("server.max_body_bytes", "server.read_timeout", "")

    def too_large(self) -> HTTPException:
        """Return a 413."""
        return HTTPException(413, f"The body is over {self.max_bytes} bytes. Send less, or raise {self.settings[0]}.")

    def too_many(self) -> TooManyRequests:
        """Return a 429."""
        message = f"{self.at_once} documents are being uploaded already ({self.settings[2]}). Try again in a moment."
        return TooManyRequests(message, retry_after=_RETRY_AFTER)

    def too_slow(self) -> HTTPException:
        """Return a 408."""
        message = f"The body did not come within {self.seconds:g} s ({self.settings[1]})."
        return HTTPException(408, message, headers={"Connection": "close"})


class BodyLimit:
    """ASGI middleware: a body over its bound is a 413, announced or not, and is never held in memory whole.

    A body that has not come whole in time is a 408. uploads: the bounds of paths that have their own, where one body
    more than there may be at once is a 429: each is on the disk until its request is over.
    """

    def __init__(self, app: ASGIApp, bound: BodyBound, uploads: Mapping[str, BodyBound]) -> None:
        self._app = app
        self._bound = bound
        self._uploads = uploads
        self._uploading = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the body while the application reads it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bound = self._uploads.get(scope["path"]) if scope["method"] == "POST" else None
        if bound is None:
            await self._bounded(self._bound, scope, receive, send)
            return
        self._uploading += 1
        try:
            await self._bounded(bound, scope, receive, send)
        finally:
            self._uploading -= 1

    async def _bounded(self, bound: BodyBound, scope: Scope, receive: Receive, send: Send) -> None:
        expected = _announced(scope, bound)
        received = 0
        whole = False
        deadline = asyncio.get_running_loop().time() + bound.seconds

        async def limited() -> Message:
            nonlocal received, whole
            if whole:
                return await receive()
            if bound.at_once is not None and self._uploading > bound.at_once:
                raise bound.too_many()
            message = await _receive_by(deadline, receive, bound) if expected <= bound.max_bytes else {}
            received += len(message.get("body", b""))
            if max(expected, received) > bound.max_bytes:
                raise bound.too_large()
            whole = not message.get("more_body", False)
            return message

        await self._app(scope, limited, send)


def _announced(scope: Scope, bound: BodyBound) -> int:
    """Return the announced length, 0 for none; a number that is too long to be read is too large anyway."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    if not length.isdigit():
        return 0
    return int(length) if len(length) <= _MOST_DIGITS else bound.max_bytes + 1


async def _receive_by(deadline: float, receive: Receive, bound: BodyBound) -> Message:
    try:
        async with asyncio.timeout_at(deadline):
            return await receive()
    except TimeoutError:
        raise bound.too_slow() from None
