"""What goes wrong with a request, and the HTTP status of every domain error; pure.

RequestError
├── UnknownTier            404  no such tier
├── UnknownReplica         404  no tier uses this checkpoint
├── ReplicaPinned          409  it is pinned, so it is not unloaded
├── ReloadFailed           400  the new configuration was not taken; nothing has changed
├── PairUnsupported        400  the tier has no checkpoint for this pair
├── TextTooLarge           413  more characters or texts than the limits allow
├── TooManyRequests        429  the server is full
└── DeadlineExceeded       504  the client's or the server's time for the request is over

Errors of `model_pool`, `app.languages`, `app.detection` and `app.text.markup` keep their types; `problem_of` knows
their statuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from app.detection import Undecidable
from app.languages import UnknownLanguage
from app.text.markup import MalformedMarkup
from model_pool.errors import LanguageUnsupported, PoolError, QueueFull, ResidencyError, SegmentFailed, SegmentTooLong

Detail = Mapping[str, Any] | Sequence[Any] | None


class RequestError(Exception):
    """Base of what a client can mend. `detail` is JSON for programs."""

    code: ClassVar[str] = "bad_request"
    status: ClassVar[int] = 400

    def __init__(self, message: str, *, detail: Detail = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.detail = detail
        self.retry_after = retry_after


class UnknownTier(RequestError):
    """No such tier."""

    code = "unknown_tier"
    status = 404


class UnknownReplica(RequestError):
    """No tier uses this checkpoint."""

    code = "unknown_replica"
    status = 404


class ReplicaPinned(RequestError):
    """It is pinned, so it is not unloaded."""

    code = "replica_pinned"
    status = 409


class ReloadFailed(RequestError):
    """The new configuration was not taken; nothing has changed."""

    code = "reload_failed"


class PairUnsupported(RequestError):
    """The tier has no checkpoint for this pair."""

    code = "unsupported_pair"


class TextTooLarge(RequestError):
    """More characters or texts than the limits allow."""

    code = "text_too_large"
    status = 413


class TooManyRequests(RequestError):
    """The server is full."""

    code = "too_many_requests"
    status = 429


class DeadlineExceeded(RequestError):
    """The client's or the server's time for the request is over."""

    code = "deadline_exceeded"
    status = 504


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as every dialect needs it. `retry_after` in seconds."""

    status: int
    code: str
    message: str
    detail: Detail = None
    retry_after: float | None = None


_POOL_STATUS: Mapping[type[PoolError], int] = {
    QueueFull: 429,
    ResidencyError: 503,
    LanguageUnsupported: 400,
    SegmentTooLong: 400,
    SegmentFailed: 500,
}


def problem_of(error: Exception) -> Problem | None:
    """Return what to answer for a domain error; None for anything unforeseen."""
    describe = next((_PROBLEMS[kind] for kind in type(error).__mro__ if kind in _PROBLEMS), None)
    return describe(error) if describe else None


def _request_problem(error: RequestError) -> Problem:
    return Problem(error.status, error.code, str(error), error.detail, error.retry_after)


def _language_problem(error: UnknownLanguage) -> Problem:
    return Problem(400, "unknown_language", _sentence(error), {"served": error.candidates})


def _detection_problem(error: Undecidable) -> Problem:
    candidates = [{"language": one.language, "confidence": one.confidence} for one in error.candidates]
    return Problem(400, "undecidable_language", _sentence(error), {"candidates": candidates})


def _markup_problem(error: MalformedMarkup) -> Problem:
    return Problem(400, error.code, str(error), {"line": error.line, "column": error.column})


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]


def _pool_problem(error: PoolError) -> Problem:
    status = next((status for kind, status in _POOL_STATUS.items() if isinstance(error, kind)), 503)
    cause = error.__cause__
    detail = {"cause": cause.code} if isinstance(cause, PoolError) else None
    return Problem(status, error.code, str(error), detail, getattr(error, "retry_after", None))


_PROBLEMS: Mapping[type[Exception], Callable[[Any], Problem]] = {
    RequestError: _request_problem,
    UnknownLanguage: _language_problem,
    Undecidable: _detection_problem,
    MalformedMarkup: _markup_problem,
    PoolError: _pool_problem,
}

DOMAIN_ERRORS = tuple(_PROBLEMS)
"""Every kind that `problem_of` knows."""
