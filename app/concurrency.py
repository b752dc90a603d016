"""Running coroutines side by side; touches the event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Coroutine, Iterable
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run coroutines at once, results in order; the first error cancels the others and is raised bare."""
    coroutines = list(work)
    if len(coroutines) == 1:
        return [await coroutines[0]]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in coroutines]
    except ExceptionGroup as errors:
        first = errors.exceptions[0]
        raise first from first.__cause__
    return [task.result() for task in tasks]


async def in_order(work: Iterable[Coroutine[Any, Any, T]], *, ahead: int) -> AsyncGenerator[T]:
    """Run coroutines, at most `ahead` at once, and yield their results in order; what is left ends with the generator.

    Each is taken from `work` when its turn to begin has come.
    """
    waiting = iter(work)
    running: deque[asyncio.Task[T]] = deque()
    try:
        while True:
            running.extend(asyncio.ensure_future(one) for one in islice(waiting, ahead - len(running)))
            if not running:
                return
            yield await running[0]
            running.popleft()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
