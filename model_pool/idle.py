"""Gives freed memory back once nothing has been translated for a while; touches the event loop and the allocator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from model_pool.devices import return_free_memory

IDLE_SECONDS = 5.0
"""While batches run, what one frees the next one takes; handing pages back in between cost a third of the speed."""


class IdleTrim:
    """One timer, checked again when it fires. glibc keeps what a batch has freed; after a burst that is idle memory."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, give_back: Callable[[], None] = return_free_memory
    ) -> None:
        self._loop = loop
        self._seconds = seconds
        self._give_back = give_back
        self._last_used = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def used(self) -> None:
        """Take note that a batch has ended."""
        self._last_used = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._look)

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        left = self._last_used + self._seconds - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
            return
        self._timer = None
        self._loop.run_in_executor(None, self._give_back)
