"""What routes need to know of a request: the services that answer it, who asks, and how long they will wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Header, Request

from app.auth import ANONYMOUS, Access, Caller, require
from app.errors import DeadlineExceeded
from app.reload import Reloader
from app.services import Services


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
    """client: whom the engine's time is shared out to. timeout: seconds for the whole request."""

    client: str
    timeout: float
    caller: Caller
    access: Access

    @contextmanager
    def charged(self, texts: Sequence[str]) -> Iterator[None]:
        """Charge the caller's quota for the characters of a block. Raises QuotaExceeded."""
        with self.access.charged(self.caller, texts):
            yield

    @asynccontextmanager
    async def deadline(self) -> AsyncIterator[None]:
        """Bound a block in time; what is still queued then is never computed. Raises DeadlineExceeded."""
        try:
            async with asyncio.timeout(self.timeout):
                yield
        except TimeoutError:
            raise DeadlineExceeded(
                f"The translation was not ready within {self.timeout:g} s, so it was given up. "
                "Ask for less at once, or allow more time (X-Request-Timeout, limits.request_timeout)."
            ) from None


async def get_context(
    request: Request,
    serving: Serving,
    caller: Annotated[Caller, Depends(require("translate"))],
    x_request_timeout: Annotated[
        float | None, Header(gt=0, description="Seconds after which the answer is of no use; work is dropped then.")
    ] = None,
) -> Context:
    """Read whose key it is (or which address, without keys) and the deadline, at most the server's."""
    longest = serving.settings.limits.request_timeout
    timeout = min(longest, x_request_timeout) if x_request_timeout is not None else longest
    address = request.client.host if request.client else ""
    client = address if caller is ANONYMOUS else caller.name
    return Context(client=client, timeout=timeout, caller=caller, access=request.state.access)


Asking = Annotated[Context, Depends(get_context)]
