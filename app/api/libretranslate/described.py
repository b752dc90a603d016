"""What /openapi.json says of routes that read their fields themselves."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from app.api.schemas.libretranslate import Failure

_ENCODINGS = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")

ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"model": Failure, "description": description}
    for status, description in {
        400: "A field is missing or wrong, a language is not served, or a key is wanted.",
        403: "The key is not known, may not do this, or is over its quota; or this is not offered.",
        404: "There is no such document, or not any more.",
        408: "The body did not come in time.",
        409: "The document is not done.",
        413: "The body is over its limit.",
        429: "Too many requests; Retry-After says when to come back.",
        500: "A bug, or a text that the checkpoint cannot do.",
        503: "The replica cannot be had now.",
        504: "The time for the request is over.",
        507: "There is no room for another document.",
    }.items()
}
"""Errors of this dialect, by status."""


def body_of(model: type[BaseModel], *, encodings: tuple[str, ...] = _ENCODINGS) -> dict[str, Any]:
    """Return what `openapi_extra` takes: fields in a body of any encoding. They may be in the query as well."""
    schema = model.model_json_schema()
    return {"requestBody": {"content": {one: {"schema": schema} for one in encodings}}}
