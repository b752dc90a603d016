"""Every error as a problem, told in the dialect of the request; the native shape is {code, message, detail}."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
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


Render = Callable[[Problem], Response]
"""Body and status of a problem in one dialect; `rendered` adds what HTTP itself wants."""

_RENDER = "babelpool.render"


def native(problem: Problem) -> Response:
    """Render a problem in the native dialect."""
    body = {"code": problem.code, "message": problem.message, "detail": problem.detail}
    return JSONResponse(body, problem.status, CHALLENGE if problem.status == 401 else None)


def rendered(problem: Problem, render: Render = native) -> Response:
    """Render a problem; seconds to wait become a Retry-After header."""
    response = render(problem)
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after)))
    return response


def answer_in(request: Request, render: Render) -> None:
    """Have this request's errors told in a dialect that its path alone does not say."""
    request.scope[_RENDER] = render


class ErrorAnswers:
    """Answers every error in the dialect of the request: the one `answer_in` chose, else that of the path, else native.

    dialects: by the beginning of a path; paths that lead nowhere have a dialect, too.
    """

    def __init__(self, dialects: Mapping[str, Render]) -> None:
        self._dialects = dialects

    def install(self, app: FastAPI) -> None:
        """Make `app` answer so."""
        for kind in _PROBLEMS:
            app.add_exception_handler(kind, self._handle)
        app.add_exception_handler(Exception, self._bug)

    async def answer(self, request: Request, error: Exception) -> Response | None:
        """Render an error for a route that FastAPI's own handling is not around; None for a bug, to be raised."""
        problem = next((_PROBLEMS[kind] for kind in type(error).__mro__ if kind in _PROBLEMS), None)
        if problem is None:
            return None
        response = rendered(problem(error), self._render(request))
        if isinstance(error, HTTPException):
            response.headers.update(error.headers or {})
        return response

    async def _handle(self, request: Request, error: Exception) -> Response:
        response = await self.answer(request, error)
        if response is None:
            raise error
        return response

    async def _bug(self, request: Request, error: Exception) -> Response:
        logger.error("unhandled error", exc_info=error)
        problem = Problem(500, "internal_error", "The server made a mistake; its log has the details.")
        response = rendered(problem, self._render(request))
        response.headers.update(NOSNIFF)  # answered outside of all middleware
        return response

    def _render(self, request: Request) -> Render:
        chosen: Render | None = request.scope.get(_RENDER)
        if chosen is not None:
            return chosen
        path = request.scope["path"]
        return next((render for prefix, render in self._dialects.items() if path.startswith(prefix)), native)


def _domain_problem(error: Exception) -> Problem:
    problem = problem_of(error)
    if problem is None:
        raise error
    if problem.status >= 500:
        logger.warning("%s: %s", problem.code, problem.message)
    return problem


def _validation_problem(error: Exception) -> Problem:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return Problem(400, "invalid_json", f"The body is not valid JSON: {_reason(faults[0])}.")
    detail = [{"field": _field(fault["loc"]), "message": fault["msg"]} for fault in faults[:_MOST_FAULTS]]
    message = "; ".join(f"{fault['field']}: {fault['message']}" for fault in detail[:5])
    return Problem(422, "invalid_request", message, detail)


def _http_problem(error: Exception) -> Problem:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    # FastAPI reports a body that is not UTF-8 as a bare 400.
    message = _UNREADABLE if error.status_code == 400 else str(error.detail)
    return Problem(error.status_code, _NAMES.get(error.status_code, "http_error"), message)


_PROBLEMS: Mapping[type, Callable[[Exception], Problem]] = {
    **dict.fromkeys(DOMAIN_ERRORS, _domain_problem),
    RequestValidationError: _validation_problem,
    HTTPException: _http_problem,
}


def _field(location: tuple[int | str, ...]) -> str:
    # Members of a union put their types in: `str`, `list[...]`, `function-after[...]`.
    parts = [str(part) for part in location if part not in _NO_FIELDS and "[" not in str(part)]
    return ".".join(parts) or "body"


def _reason(fault: dict[str, Any]) -> str:
    return str(fault.get("ctx", {}).get("error", "syntax error"))
