"""Errors as LibreTranslate's clients read them: {"error": sentence}, and the statuses that they know; pure.

RequestError
├── UnreadableBody         400  a body that is not what it is announced as
├── FileMissing            400  an upload without a file
├── SuggestionsRefused     403  suggestions are not taken here
└── UnclearDialect         422  /translate has the fields of both dialects, or of neither

KeyRequired
└── KeyTooLate             401  the key is not where it can be known before a long body is read
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Response
from fastapi.responses import JSONResponse

from app.auth import KeyRequired
from app.errors import Problem, RequestError

_STATUSES: Mapping[str, int] = {
    "key_required": 400,
    "key_too_late": 400,
    "key_unknown": 403,
    "quota_exceeded": 403,  # what Mastodon takes for a quota; 429 is a rate to it
    "text_too_large": 400,
    "unclear_dialect": 400,
    "invalid_request": 400,
    "documents_disabled": 403,
    "unsupported_document": 400,
    "document_too_large": 400,
}
"""Where LibreTranslate's status is another one than ours, by code."""

_SENTENCES: Mapping[str, str] = {
    "key_required": "This server wants an API key. Send it as the field `api_key`.",
    "key_unknown": "This API key is not known here. Send a valid one as the field `api_key`.",
}


class UnreadableBody(RequestError):
    """A body that is not what it is announced as."""

    code = "unreadable_body"


class FileMissing(RequestError):
    """An upload without a file."""

    code = "file_missing"


class SuggestionsRefused(RequestError):
    """Suggestions are not taken here."""

    code = "suggestions_refused"
    status = 403


class UnclearDialect(RequestError):
    """/translate has the fields of both dialects, or of neither."""

    code = "unclear_dialect"
    status = 422


class KeyTooLate(KeyRequired):
    """The key is not where it can be known before a long body is read."""

    code = "key_too_late"


def render(problem: Problem) -> Response:
    """Render a problem in LibreTranslate's dialect."""
    error = _SENTENCES.get(problem.code, problem.message)
    return JSONResponse({"error": error}, _STATUSES.get(problem.code, problem.status))
