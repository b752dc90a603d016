"""HTTP by hand: sockets that can send half a request, never read, or leave; every call has a deadline."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PATIENCE = 15.0
"""Seconds after which a test gives up on anything that a healthy server does at once."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.body)


def eventually(condition: Callable[[], bool], *, within: float = PATIENCE) -> bool:
    """Poll until it holds; False after the deadline."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def request(body: object = None, *, path: str = "/translate", method: str = "POST", **headers: str) -> bytes:
    """Return the bytes of one request; `body` becomes JSON unless it is bytes."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if not any(name.lower() in {"content_length", "transfer_encoding"} for name in headers):
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode() + content


def english(*texts: str, **fields: object) -> dict[str, object]:
    """Return the body of a request from English to Portuguese: one text, or a list."""
    text = texts[0] if len(texts) == 1 else list(texts)
    return {"text": text, "source_language": "en", "target_language": "pt"} | fields


class Connection:
    """One TCP connection. `buffer`: bytes that the client is ready to hold unread."""

    def __init__(self, port: int, *, buffer: int | None = None) -> None:
        self._socket = socket.socket()
        if buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.settimeout(PATIENCE)
        self._socket.connect(("127.0.0.1", port))
        self._unread = b""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, content: bytes) -> None:
        self._socket.sendall(content)

    def say_no_more(self) -> None:
        """Close our half; the other may still answer."""
        self._socket.shutdown(socket.SHUT_WR)

    def leave(self, *, abruptly: bool = False) -> None:
        """Close, with a reset where it is abrupt."""
        if abruptly:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.close()

    def answer(self, *, within: float = PATIENCE) -> Answer:
        """Read one answer. Raises ConnectionError where the server closes instead, TimeoutError where it is mute."""
        self._socket.settimeout(within)
        head = self._until(lambda: b"\r\n\r\n" in self._unread, lambda: self._unread.index(b"\r\n\r\n") + 4)
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        length = int(headers.get("content-length", "0"))
        return Answer(int(status.split()[1]), headers, self._until(lambda: len(self._unread) >= length, lambda: length))

    def hears(self, what: bytes) -> bool:
        """Read until the server has said this. Raises as `answer` does."""
        self._until(lambda: what in self._unread, lambda: self._unread.index(what) + len(what))
        return True

    def ended(self, *, within: float = PATIENCE) -> bool:
        """Say whether the server closes the connection in time, whatever it says before that."""
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                if not self._socket.recv(1 << 16):
                    return True
            except TimeoutError:
                return False
            except OSError:
                return True
        return False

    def _until(self, enough: Callable[[], bool], size: Callable[[], int]) -> bytes:
        while not enough():
            chunk = self._socket.recv(1 << 20)
            if not chunk:
                raise ConnectionError("the server closed the connection")
            self._unread += chunk
        taken, self._unread = self._unread[: size()], self._unread[size() :]
        return taken
