"""Bodies as forms or as JSON: a form is read as the JSON that it stands for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Iterable
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from app.auth import GuardedRoute
from app.headers import announced_type

_FORM = "application/x-www-form-urlencoded"
_UPLOAD = "multipart/form-data"
_MOST_FIELDS = 25_000
# How deepl-node writes a list of objects: dictionaries[0].source_lang
_NESTED = re.compile(r"(\w+)\[(\d{1,3})\]\.(\w+)")

_OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _EitherRoute(APIRoute):
    """For endpoints with a body: FastAPI reads and describes JSON or uploads, and here other forms become JSON."""

    def get_route_handler(self) -> Handler:
        """See APIRoute."""
        handler = super().get_route_handler()
        if self.body_field is None:
            return handler

        async def read(request: Request) -> Response:
            kind = announced_type(request.headers)
            if kind not in {"application/json", _FORM, _UPLOAD}:
                raise HTTPException(415, "Send JSON or a form, and say which: Content-Type.")
            if kind == _FORM:
                request = _rewritten(request, json.dumps(form_fields(await request.body())).encode())
            return await handler(request)

        return read


class DeeplRoute(GuardedRoute, _EitherRoute):
    """Asks for the key first, then reads the body, whichever way it comes."""


async def fields_of(request: Request) -> dict[str, Any]:
    """Return the fields of a body that FastAPI does not read, such as that of a GET; none where there is none.

    Raises RequestValidationError.
    """
    body = await request.body()
    if not body:
        return {}
    if announced_type(request.headers) == _FORM:
        return form_fields(body)
    try:
        return _OBJECT.validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False, include_input=False)) from None


def form_fields(body: bytes) -> dict[str, Any]:
    """Return a form as JSON would have it: a list for a name that comes again, objects for `name[0].field`.

    Raises RequestValidationError.
    """
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        fault = {"type": "form_invalid", "loc": ("body",), "msg": f"this is no form in UTF-8: {error}"}
        raise RequestValidationError([fault]) from None
    return _fields(pairs)


def _fields(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    nested: dict[str, dict[int, dict[str, str]]] = {}
    for name, value in pairs:
        if (match := _NESTED.fullmatch(name)) is not None:
            outer, index, inner = match.groups()
            nested.setdefault(outer, {}).setdefault(int(index), {})[inner] = value
        else:
            found.setdefault(name, []).append(value)
    plain = {name: values if len(values) > 1 else values[0] for name, values in found.items()}
    return plain | {name: [objects[index] for index in sorted(objects)] for name, objects in nested.items()}


def _rewritten(request: Request, body: bytes) -> Request:
    """Return the request with another body, which is JSON."""
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
    scope: Scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}
    return Request(scope, _replayed(body, request.receive))


def _replayed(body: bytes, receive: Receive) -> Receive:
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay
