"""Reads uploads to /translate_file; a stranger's only as far as it takes to find the key in front of the file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Message, Receive

from app.api.lean import media_type
from app.api.libretranslate.errors import KeyTooLate, UnreadableBody
from app.api.libretranslate.reading import (
    KEYLESS_BYTES,
    MULTIPART,
    beginning_of,
    is_known,
    key_of,
    query_of,
)
from app.auth import let_in

_MOST_FIELDS = 20


@asynccontextmanager
async def uploaded(request: Request) -> AsyncIterator[FormData]:
    """Let an upload in and hold its form; the file goes to disk as it comes.

    Raises UnreadableBody, KeyTooLate, and what `let_in` does.
    """
    if media_type(request) != MULTIPART:
        raise UnreadableBody(f"Send the document in a form: Content-Type: {MULTIPART}.")
    receive = request.receive
    if not is_known(request, await query_of(request)):
        receive = await _let_in_by_form(request)
    try:
        form = await Request(request.scope, receive).form(max_files=1, max_fields=_MOST_FIELDS)
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise UnreadableBody(f"This cannot be read as {MULTIPART}: {error.detail}.") from None
    try:
        yield form
    finally:
        await form.close()


async def _let_in_by_form(request: Request) -> Receive:
    """Let a request in by the key in the beginning of its form; returns what gives the body from there once more."""
    beginning, more = await beginning_of(request)
    key = await _key_in(request, beginning[:KEYLESS_BYTES])
    if key is None and (more or len(beginning) > KEYLESS_BYTES):
        raise KeyTooLate(
            f"No key is in the first {KEYLESS_BYTES} bytes. Send it before the file, in the header `X-API-Key: <key>`, "
            "or in the query, `?api_key=<key>`."
        )
    let_in(request, key, "translate")
    messages: list[Message] = [{"type": "http.request", "body": beginning, "more_body": more}]

    async def receive() -> Message:
        return messages.pop() if messages else await request.receive()

    return receive


async def _key_in(request: Request, beginning: bytes) -> str | None:
    """Return the key among the fields that are whole in the beginning of a form."""

    async def cut_off() -> AsyncGenerator[bytes, None]:
        yield beginning
        raise MultiPartException("cut off")  # the parser closes its files then; what is really wrong is told later

    parser = MultiPartParser(request.headers, cut_off(), max_files=1, max_fields=_MOST_FIELDS)
    with suppress(MultiPartException):
        await parser.parse()
    return key_of({name: value for name, value in parser.items if isinstance(value, str)})
