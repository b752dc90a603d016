"""Problems as DeepL's clients read them: {message, detail}, both strings, under the statuses that they know; pure.

RequestError
├── NotOffered      404  something of DeepL's that is not done here
└── OptionRefused   400  an option that changes the translation and cannot be honoured
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse

from app.api.schemas.deepl import DeeplError
from app.errors import Problem, RequestError


class NotOffered(RequestError):
    """Something of DeepL's that is not done here."""

    code = "not_offered"
    status = 404


class OptionRefused(RequestError):
    """An option that changes the translation and cannot be honoured."""

    code = "option_refused"


_BY_CODE: Mapping[str, int] = {"quota_exceeded": 456, "document_not_ready": 503}
_BY_STATUS: Mapping[int, int] = {401: 403, 408: 400, 409: 400, 415: 400, 422: 400, 507: 503}
"""Where DeepL has another status; its clients say of ours that they are unexpected."""

ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"model": DeeplError, "description": description}
    for status, description in {
        400: "A field is missing or wrong, a language or pair is not served, or an option cannot be honoured.",
        403: "A key is wanted, this one is not known, or it may not do this.",
        404: "No such glossary, document or path, or something that is not offered.",
        405: "The path does not take this method; Allow names those that it takes.",
        413: "The body, the text, the list or the document is over its limit.",
        429: "Too many requests at once or in a minute; Retry-After says when to come back.",
        456: "The key has used its characters of this day.",
        500: "A bug, or a segment that the checkpoint cannot do.",
        503: "The replica, the result or room for a document cannot be had now; Retry-After may say when to come back.",
        504: "The time for the request is over; see X-Request-Timeout.",
    }.items()
}
"""What every route of this dialect may answer, for OpenAPI."""


def render(problem: Problem) -> Response:
    """Render a problem; `detail` is its code, for programs."""
    body = DeeplError(message=problem.message, detail=problem.code)
    status = _BY_CODE.get(problem.code) or _BY_STATUS.get(problem.status, problem.status)
    return JSONResponse(body.model_dump(), status)
