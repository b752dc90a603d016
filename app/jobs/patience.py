"""Waiting out what will pass: a full queue, a replica that is loading or leaving; touches the event loop."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from model_pool.errors import DeviceLost, LeaseRevoked, PoolError, ResidencyError

T = TypeVar("T")

logger = logging.getLogger("babelpool.jobs")

PATIENCE = 1800.0
"""Seconds without any progress after which a job ends with what it waited for."""

_A_MOMENT = 1.0


async def patiently(work: Callable[[], Awaitable[T]], patience: float = PATIENCE) -> T:
    """Do work until the pool lets it. Raises what will not pass by waiting, and what has not after `patience`."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + patience
    while True:
        try:
            return await work()
        except PoolError as error:
            wait = _wait_for(error)
            if loop.time() + wait > ends:
                raise
            logger.info("a document waits %.1f s: %s", wait, error)
            await asyncio.sleep(wait)


def _wait_for(error: PoolError) -> float:
    """Return seconds; infinity where waiting cannot help."""
    if isinstance(error, ResidencyError) and error.retry_after is not None:
        return max(error.retry_after, _A_MOMENT)
    return _A_MOMENT if isinstance(error, LeaseRevoked | DeviceLost) else math.inf
