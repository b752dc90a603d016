"""uvicorn's HTTP/1.1 with what it leaves out: a time and a size for the head of a request, and declined upgrades."""

from __future__ import annotations

import asyncio
import re

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024
_HEAD_END = b"\r\n\r\n"
_UPGRADE = re.compile(rb"^upgrade(?=[ \t]*:)", re.IGNORECASE)


def patient_protocol(read_timeout: float) -> type[HttpToolsProtocol]:
    """Return a protocol class for uvicorn. read_timeout: seconds in which the head of a request must have come."""

    class Patient(_Patient):
        seconds = read_timeout

    return Patient


class _Patient(HttpToolsProtocol):
    """Closes connections whose request line and headers never end, so that they hold no socket for ever."""

    seconds: float

    _declined: DeclinedUpgrade
    _reading_head = True
    _head_bytes = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._declined = DeclinedUpgrade()
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._reading_head:
            super().data_received(data)
            return
        self._head_bytes += len(data)
        super().data_received(self._declined.pass_on(data))
        if not self._reading_head or not self._head_bytes:
            return
        if self._timer is None:
            self._expect_head()
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"The headers are over {MAX_HEAD_BYTES} bytes.")

    def on_headers_complete(self) -> None:
        self._stop_timer()
        self._reading_head, self._head_bytes = False, 0
        self._declined = DeclinedUpgrade()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._reading_head = True
        super().on_message_complete()

    def _expect_head(self) -> None:
        self._timer = self.loop.call_later(self.seconds, self._give_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        # A connection that waits for its next request is uvicorn's to close; this one has begun one, or never did.
        if self.cycle is not None and not self.cycle.response_complete:
            self._expect_head()  # an earlier request is still owed its answer
        elif self._reading_head and not self.transport.is_closing():
            self.transport.close()


class DeclinedUpgrade:
    """Renames the header that offers another protocol in one request's head, however it is cut into pieces.

    We decline, and the parser would drop the body of such a request. Java's own HTTP client makes the offer with its
    first request. Header lines are passed on whole; the request line at once, since what is no HTTP may have no line.
    """

    def __init__(self) -> None:
        self._request_line = True
        self._held = b""
        self._over = False

    def pass_on(self, data: bytes) -> bytes:
        """Return what the parser shall see now."""
        if self._request_line and not self._held and _HEAD_END in data and b"upgrade" not in data.lower():
            return data  # almost every request: its whole head is here, and offers nothing
        return b"".join(map(self._piece, (self._held + data).splitlines(keepends=True)))

    def _piece(self, piece: bytes) -> bytes:
        self._held = b""
        if self._over:
            return piece
        ended = piece.endswith(b"\n")
        if self._request_line:
            self._request_line = not ended
            return piece
        if not ended:
            self._held = piece
            return b""
        self._over = not piece.strip()
        return _UPGRADE.sub(b"x-declined-upgrade", piece)
