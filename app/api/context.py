"""What routes need to know of a request: the services that answer it, who asks, and how long they will wait."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Annotated, cast

from fastapi import Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, TypeAdapter, ValidationError

from app.auth import ANONYMOUS, Access, Caller, caller_of
from app.errors import DeadlineExceeded
from app.reload import Reloader
from app.services import Services

TIMEOUT_HEADER = "x-request-timeout"
Timeout = Annotated[float, Field(ge=0.001, allow_inf_nan=False)]
_TIMEOUT: TypeAdapter[float] = TypeAdapter(Timeout)


async def get_reloader(request: Request) -> Reloader:
    """Return the holder of the services that answer now; async, or each call would cost a thread hop."""
    return cast("Reloader", request.state.reloader)


Reloading = Annotated[Reloader, Depends(get_reloader)]


async def get_services(reloader: Reloading) -> Services:
    """Return the services that answer this request from its first to its last line, whatever is reloaded meanwhile."""
    return reloader.services


Serving = Annotated[Services, Depends(get_services)]


@dataclass(frozen=True, slots=True)
class Context:
    """What one request is to its route.

    services: those that answer it from its first to its last line, whatever is reloaded meanwhile.
    client: whom the engine's time is shared out to. timeout: seconds for the whole request.
    """

    services: Services
    caller: Caller
    access: Access
    client: str
    timeout: float

    def charged(self, texts: Sequence[str]) -> AbstractContextManager[None]:
        """See `Access.charged`."""
        return self.access.charged(self.caller, texts)

    def deadline(self, ends: float | None = None) -> Deadline:
        """Bound a block in time; what is still queued then is never computed. Raises DeadlineExceeded.

        ends: the loop's time at which the request's time is over, where the block is not all of it.
        """
        return Deadline(self.timeout, ends)


class Deadline:
    """`asyncio.timeout` with an error that says what to do. Seconds."""

    def __init__(self, seconds: float, ends: float | None = None) -> None:
        self._seconds = seconds
        self._timeout = asyncio.timeout(seconds) if ends is None else asyncio.timeout_at(ends)

    async def __aenter__(self) -> None:
        """Start the clock."""
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it. Raises DeadlineExceeded where the time was over."""
        try:
            await self._timeout.__aexit__(kind, error, traceback)
        except TimeoutError:
            raise DeadlineExceeded(
                f"The translation was not ready within {self._seconds:g} s, so it was given up. "
                "Ask for less at once, or allow more time (X-Request-Timeout, limits.request_timeout)."
            ) from None


def context_of(request: Request) -> Context:
    """Read a request that a guard has let through. Raises RequestValidationError for a senseless X-Request-Timeout."""
    state = request.scope["state"]
    services = cast("Reloader", state["reloader"]).services
    caller = caller_of(request)
    address = (request.scope.get("client") or ("",))[0]
    return Context(
        services=services,
        caller=caller,
        access=state["access"],
        client=address if caller is ANONYMOUS else caller.name,
        timeout=min(services.settings.limits.request_timeout, _wanted_timeout(request)),
    )


def _wanted_timeout(request: Request) -> float:
    header = request.headers.get(TIMEOUT_HEADER)
    if header is None:
        return math.inf
    try:
        return _TIMEOUT.validate_python(header)
    except ValidationError as error:
        faults = [{**fault, "loc": ("header", TIMEOUT_HEADER)} for fault in error.errors(include_url=False)]
        raise RequestValidationError(faults) from None


async def get_context(
    request: Request,
    x_request_timeout: Annotated[  # noqa: ARG001 - for the description; `context_of` reads it
        Timeout | None, Header(description="Seconds after which the answer is of no use; work is dropped then.")
    ] = None,
) -> Context:
    """See `context_of`."""
    return context_of(request)


Asking = Annotated[Context, Depends(get_context)]
