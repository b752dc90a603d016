"""An event loop under a clock that tests move by hand, whose threads' work is done when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(eq=False)
class Job:
    """One call that was given to an executor."""

    call: Callable[[], Any]
    future: asyncio.Future[Any]

    def run(self) -> None:
        """Make the call here and now; the loop hears of its end with its next turn."""
        try:
            result = self.call()
        except BaseException as error:  # noqa: BLE001 - an executor hands on whatever is raised
            if not self.future.done():
                self.future.set_exception(error)
        else:
            if not self.future.done():  # as with threads: a cancelled waiter does not stop the call
                self.future.set_result(result)


class HeldLoop(asyncio.SelectorEventLoop):
    """No real time and no threads: what is due runs in `settle`, what blocks runs with `Job.run`."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = 0.0
        self.jobs: list[Job] = []
        self.faults: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _, context: self.faults.append(context))

    def time(self) -> float:
        return self.clock

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]  # noqa: ANN401
        job = Job(lambda: func(*args), self.create_future())
        self.jobs.append(job)
        return job.future

    def begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task; it runs up to its first wait."""
        task = self.create_task(work)
        self.settle()
        return task

    def settle(self) -> None:
        """Turn until nothing is left to do before a job ends or the clock moves."""
        turning = True
        while turning:
            self.call_soon(self.stop)
            self.run_forever()
            turning = bool(getattr(self, "_ready"))  # noqa: B009 - asyncio's own list of what is due
