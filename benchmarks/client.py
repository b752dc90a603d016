"""A tiny HTTP/1.1 client on raw asyncio protocols, cheap enough not to be the bottleneck; touches sockets only."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import cast

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)


def render(port: int, path: str, body: str, content_type: str) -> bytes:
    """Return the bytes of one keep-alive POST request."""
    content = body.encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {content_type}\r\n"
        f"Accept: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request in flight.

    answered: called with the status and the body of each answer; lost: called when the peer closes.
    """

    def __init__(self, answered: Callable[[Connection, int, bytes], None], lost: Callable[[Connection], None]) -> None:
        self._answered = answered
        self._lost = lost
        self._buffer = b""
        self._needed = 0
        self._transport: asyncio.Transport | None = None
        self.sent_at: float | None = None
        """When the request in flight was sent, or due; None while idle. Kept for the owner."""

    def send(self, request: bytes, sent_at: float) -> None:
        """Send a request. The former one must have been answered."""
        assert self._transport is not None, "send() before the connection was made"
        self.sent_at = sent_at
        self._transport.write(request)

    def close(self) -> None:
        """Close without waiting for an answer."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods of asyncio.Transport and not its type.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._needed:
            self._needed = self._answer_length()
        if self._needed and len(self._buffer) >= self._needed:
            answer, self._buffer, self._needed = self._buffer, b"", 0
            status = int(answer[9:12])
            self._answered(self, status, answer[answer.index(_HEAD_END) + len(_HEAD_END) :])

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        self._lost(self)

    def _answer_length(self) -> int:
        """Return the bytes of the whole answer, or 0 while its head is not complete."""
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            return 0
        found = _LENGTH.search(self._buffer, 0, end)
        if found is None:
            raise RuntimeError("an answer without Content-Length; this client reads no chunked answers")
        return end + len(_HEAD_END) + int(found[1])
