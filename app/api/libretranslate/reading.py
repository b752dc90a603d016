"""Reads what LibreTranslate's clients send, wherever they put it: query, form or JSON, and the key among the fields.

A stranger's body is read up to `KEYLESS_BYTES`: enough for any post or page, and far from what it takes to keep a
server busy with parsing. Whoever sends more puts the key into a header or the query, where it is known at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app.api.context import Context, context_of
from app.api.lean import JSON, body_of, media_type
from app.api.libretranslate.errors import KeyTooLate, UnreadableBody
from app.auth import Access, key_in, let_in

KEYLESS_BYTES = 256 * 1024
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"

_MOST_FIELDS = 20_000
_OFF_THE_LOOP = 64 * 1024  # bytes from which on a form is decoded in a thread
_NOTHING: tuple[object, ...] = (None, "", [])

Fields = Mapping[str, Any]
Model = TypeVar("Model", bound=BaseModel)


async def read(request: Request, body: bytes | None = None) -> Fields:
    """Return the fields of query and body; those of the body win.

    body: where it has been read already. A key in the head of the request is checked before the body is read. Raises
    UnreadableBody, KeyTooLate, and what `let_in` does.
    """
    query = await query_of(request)
    if body is None:
        body = await (body_of(request) if is_known(request, query) else _short_body(request))
    return {**query, **await _fields(request, body)}


def admit(request: Request, fields: Fields) -> Context:
    """Let the request in by the key among its fields, unless its head has done so. Raises what `let_in` does."""
    let_in(request, key_of(fields), "translate")
    return context_of(request)


def checked(model: type[Model], fields: Fields) -> Model:
    """Return the fields as a model; empty ones count as absent. Raises RequestValidationError."""
    try:
        return model.model_validate({name: value for name, value in fields.items() if value not in _NOTHING})
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False, include_input=False)) from None


def key_of(fields: Fields) -> str | None:
    """Return the key among the fields; None where there is none, or it is no text."""
    key = fields.get("api_key")
    return key if isinstance(key, str) else None


def is_known(request: Request, query: Fields) -> bool:
    """Let a request in by its head; False where the head has no key, and one is needed."""
    key = key_in(request.headers) or key_of(query)
    access = cast("Access", request.scope["state"]["access"])
    if not key and not access.open:
        return False
    let_in(request, key, "translate")
    return True


async def beginning_of(request: Request) -> tuple[bytes, bool]:
    """Return at least the first KEYLESS_BYTES of a body, and whether there is more of it."""
    parts, received = [], 0
    while received < KEYLESS_BYTES:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        received += len(parts[-1])
        if not message.get("more_body", False):
            return b"".join(parts), False
    return b"".join(parts), True


async def _short_body(request: Request) -> bytes:
    body, more = await beginning_of(request)
    if more or len(body) > KEYLESS_BYTES:
        raise KeyTooLate(
            f"No more than {KEYLESS_BYTES} bytes are read before a key is known. Send the key in the header "
            "`X-API-Key: <key>` or in the query, `?api_key=<key>`."
        )
    return body


async def query_of(request: Request) -> Fields:
    """Return the fields of the query. Raises UnreadableBody."""
    return await _decoded(FORM, request.scope["query_string"])


async def _fields(request: Request, body: bytes) -> Fields:
    kind = media_type(request)
    return await (_multipart(request, body) if kind == MULTIPART else _decoded(kind, body))


async def _decoded(kind: str, raw: bytes) -> dict[str, Any]:
    decode = _DECODERS.get(kind)
    if decode is None or not raw:
        return {}
    try:
        return await asyncio.to_thread(decode, raw) if len(raw) > _OFF_THE_LOOP else decode(raw)
    except ValueError as error:
        raise UnreadableBody(f"This cannot be read as {kind}: {error}.") from None


def _from_json(raw: bytes) -> dict[str, Any]:
    decoded = from_json(raw)
    if not isinstance(decoded, dict):
        raise ValueError("it is no object with fields")  # noqa: TRY004 - the body's fault, as is any other
    return decoded


def _from_form(raw: bytes) -> dict[str, Any]:
    return _single(parse_qs(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS))


_DECODERS: Mapping[str, Callable[[bytes], dict[str, Any]]] = {JSON: _from_json, FORM: _from_form}


async def _multipart(request: Request, body: bytes) -> dict[str, Any]:
    """Return the fields of a multipart form; files are none. Raises UnreadableBody."""

    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, replay).form(max_files=1, max_part_size=len(body)) as form:
            return _single({name: [one for one in form.getlist(name) if isinstance(one, str)] for name in form})
    except HTTPException as error:
        raise UnreadableBody(f"This cannot be read as {MULTIPART}: {error.detail}.") from None


def _single(values: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the first value of each name, but every text."""
    return {name: many if name == "q" and len(many) > 1 else many[0] for name, many in values.items() if many}
