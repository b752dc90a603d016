"""Every error of the native dialect in one JSON shape: {code, message, detail}; exception handlers for FastAPI."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.api.schemas.errors import ErrorResponse
from app.auth import CHALLENGE
from app.errors import DOMAIN_ERRORS, Problem, problem_of
from app.headers import NOSNIFF

logger = logging.getLogger("babelpool.api")

_NAMES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "body_too_slow",
    413: "body_too_large",
    415: "unsupported_media_type",
}
_NO_FIELDS = frozenset({"body", "query", "path", "header", "str"})
_MOST_FAULTS = 20
_UNREADABLE = "The body cannot be read. Send JSON in UTF-8."

ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorResponse, "description": description}
    for status, description in {
        400: "A body that is not JSON in UTF-8, an unknown language, a pair that the tier does not translate, XML "
        "that is not well-formed, or a glossary that is not valid or has no dictionary for the pair.",
        401: "A key is wanted, or this one is not known.",
        403: "The key does not have the scope that this needs.",
        404: "No such tier, no such glossary, or no such path.",
        405: "The path does not take this method; Allow names those that it takes.",
        408: "The body did not come in time.",
        413: "The body, the text or the list is over its limit.",
        415: "The body is not announced as JSON.",
        422: "A field is missing or wrong; detail names each.",
        429: "Too many requests in flight, or the key is over its rate or quota; Retry-After says when to come back.",
        500: "A bug, or a segment that the checkpoint cannot do.",
        504: "The time for the request is over; see X-Request-Timeout.",
        503: "The replica cannot be had now; Retry-After says when to come back, where that can help.",
    }.items()
}
"""What every translating route may answer, for OpenAPI."""


def problem_response(problem: Problem) -> JSONResponse:
    """Render a problem; seconds to wait become a Retry-After header."""
    body = {"code": problem.code, "message": problem.message, "detail": problem.detail}
    headers = dict(CHALLENGE) if problem.status == 401 else {}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after)))
    return JSONResponse(body, problem.status, headers)


def install_handlers(app: FastAPI) -> None:
    """Make `app` answer every error in the one shape."""
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    app.add_exception_handler(Exception, _bug)


async def answer(request: Request, error: Exception) -> Response | None:
    """Render an error for a route that FastAPI's own handling is not around; None for a bug, which is to be raised."""
    handler = next((_HANDLERS[kind] for kind in type(error).__mro__ if kind in _HANDLERS), None)
    return await handler(request, error) if handler else None


async def _domain_error(_: Request, error: Exception) -> JSONResponse:
    problem = problem_of(error)
    if problem is None:
        raise error
    if problem.status >= 500:
        logger.warning("%s: %s", problem.code, problem.message)
    return problem_response(problem)


async def _validation_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return problem_response(Problem(400, "invalid_json", f"The body is not valid JSON: {_reason(faults[0])}."))
    detail = [{"field": _field(fault["loc"]), "message": fault["msg"]} for fault in faults[:_MOST_FAULTS]]
    message = "; ".join(f"{fault['field']}: {fault['message']}" for fault in detail[:5])
    return problem_response(Problem(422, "invalid_request", message, detail))


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    # FastAPI reports a body that is not UTF-8 as a bare 400.
    message = _UNREADABLE if error.status_code == 400 else str(error.detail)
    response = problem_response(Problem(error.status_code, _NAMES.get(error.status_code, "http_error"), message))
    response.headers.update(error.headers or {})
    return response


async def _bug(_: Request, error: Exception) -> JSONResponse:
    logger.error("unhandled error", exc_info=error)
    response = problem_response(Problem(500, "internal_error", "The server made a mistake; its log has the details."))
    response.headers.update(NOSNIFF)  # answered outside of all middleware
    return response


_HANDLERS: Mapping[type, Callable[[Request, Exception], Awaitable[Response]]] = {
    **dict.fromkeys(DOMAIN_ERRORS, _domain_error),
    RequestValidationError: _validation_error,
    HTTPException: _http_error,
}


def _field(location: tuple[int | str, ...]) -> str:
    # Members of a union put their types in: `str`, `list[...]`, `function-after[...]`.
    parts = [str(part) for part in location if part not in _NO_FIELDS and "[" not in str(part)]
    return ".".join(parts) or "body"


def _reason(fault: dict[str, Any]) -> str:
    return str(fault.get("ctx", {}).get("error", "syntax error"))
