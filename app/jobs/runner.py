"""Runs the jobs that wait, a few at a time, and clears away what is over; touches the event loop.

Whoever holds a job's claim works on it, in whichever process; the claim of a process that was killed is free at once,
so there is no heartbeat and no clock to agree on. A job that was being worked on then is begun again by whoever looks
next, and goes on after what was kept of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from app.errors import Problem, RequestError, problem_of
from app.jobs.files import Claim, JobFiles
from app.jobs.job import Job, JobAbandoned, JobNotFound
from app.jobs.store import JobStore
from app.jobs.worklog import Begun, WorkLog
from model_pool.errors import PoolClosed

logger = logging.getLogger("babelpool.jobs")

MOST_ATTEMPTS = 3
"""A document that kills the process each time shall not do so for ever."""

LOOK_EVERY = 5.0
"""Seconds between looks for what other processes queued, or left behind."""

SWEEP_EVERY = 60.0
ORPHANED_AFTER = 3600.0
"""Seconds; a directory without a job that is younger may be an upload whose job is not queued yet."""

_BUG = Problem(500, "internal_error", "The server made a mistake; its log has the details.")

_Work = Callable[[Begun], Coroutine[Any, Any, int]]
_Claimed = tuple[Claim, Begun]


class JobRunner:
    """At most `concurrency` jobs at a time. work: translates one and returns the bytes of its result."""

    def __init__(
        self,
        store: JobStore,
        log: WorkLog,
        files: JobFiles,
        work: _Work,
        *,
        concurrency: int,
        on_end: Callable[[Job], None],
    ) -> None:
        self._store = store
        self._log = log
        self._files = files
        self._work = work
        self._concurrency = concurrency
        self._on_end = on_end
        self._running: dict[str, asyncio.Task[None]] = {}
        self._wanted = asyncio.Event()
        self._ended = asyncio.Event()
        self._closing = False
        self._loop: asyncio.Task[None] | None = None
        self._swept = -SWEEP_EVERY

    def start(self) -> None:
        """Look for work, now and whenever there may be some."""
        self._loop = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Look for work now."""
        self._wanted.set()

    def cancel(self, job_id: str) -> None:
        """Stop working on a job that was deleted, if it is worked on here."""
        if (task := self._running.get(job_id)) is not None:
            task.cancel()

    @property
    def next_end(self) -> asyncio.Event:
        """What is set when the next job ends here; look before it, since one may be over, or end in another process."""
        return self._ended

    async def close(self, within: float) -> None:
        """Stop; what is being worked on is queued again. What hangs for longer is resumed like after a crash."""
        self._closing = True
        self._wanted.set()
        await self._stop_work()
        if self._loop is not None:
            await asyncio.wait([self._loop], timeout=within)

    async def _stop_work(self) -> None:
        await asyncio.sleep(0)  # a task that has not begun yet could not put its job back
        for task in self._running.values():
            task.cancel()

    async def _run(self) -> None:
        while not self._closing:
            self._wanted.clear()
            try:
                await self._look()
            except RequestError as error:
                logger.error("documents wait: %s", error)  # noqa: TRY400 - it says all
            except Exception:  # a bug shall not end this task, or no later document would be translated
                logger.exception("documents wait")
            await happens(self._wanted, LOOK_EVERY)
        if self._running:
            await asyncio.wait(self._running.values())

    async def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._swept + SWEEP_EVERY:
            self._swept = now
            await asyncio.to_thread(self._sweep)
        while not self._closing and len(self._running) < self._concurrency:
            claimed = await asyncio.to_thread(self._claim_next)
            if claimed is None:
                return
            self._begin(*claimed)
            if self._closing:
                await self._stop_work()

    def _sweep(self) -> None:
        """Forget what is too old, and remove files that no job has."""
        for job_id in self._store.expire():
            self._files.remove(job_id)
        known = self._store.known()
        for job_id in self._files.orphans(known, before=self._store.clock() - ORPHANED_AFTER):
            self._files.remove(job_id)

    def _claim_next(self) -> _Claimed | None:
        for job_id in self._log.waiting():
            if job_id not in self._running and (claimed := self._claimed(job_id)) is not None:
                return claimed
        return None

    def _claimed(self, job_id: str) -> _Claimed | None:
        """Begin a job; None where another is at it, it is over or deleted, or its files are out of reach."""
        try:
            claim = self._files.claim(job_id)
        except RequestError as error:
            logger.error("document %s waits: %s", job_id, error)  # noqa: TRY400 - others need not wait for it
            return None
        if claim is None:
            return None
        begun = None
        try:
            begun = self._log.begin(job_id)
        except JobNotFound:
            self._files.remove(job_id)
        finally:
            if begun is None:
                claim.release()
        return (claim, begun) if begun is not None else None

    def _begin(self, claim: Claim, begun: Begun) -> None:
        job_id = begun.job.id
        task = asyncio.create_task(self._attend(begun))
        self._running[job_id] = task

        def ended(_: asyncio.Task[None]) -> None:
            del self._running[job_id]
            claim.release()
            self.wake()
            self._ended.set()
            self._ended = asyncio.Event()

        task.add_done_callback(ended)

    async def _attend(self, begun: Begun) -> None:
        """Work on a job until it is over, deleted or put back. Raises nothing."""
        job_id = begun.job.id
        try:
            try:
                job = await self._finish(begun)
                self._on_end(job)
                await asyncio.to_thread(self._files.forget_source, job_id)
            except (asyncio.CancelledError, PoolClosed) as error:
                self._closing |= isinstance(error, PoolClosed)  # there is nothing to translate with any more
                await _to_its_end(asyncio.to_thread(self._log.put_back, job_id))
            except JobNotFound:  # deleted by another process
                await asyncio.to_thread(self._files.remove, job_id)
        except RequestError as error:
            logger.error("document %s waits: %s", job_id, error)  # noqa: TRY400 - it says all

    async def _finish(self, begun: Begun) -> Job:
        job_id = begun.job.id
        if begun.attempts > MOST_ATTEMPTS:
            return await asyncio.to_thread(self._log.fail, job_id, _told(job_id, _abandoned()))
        try:
            size = await self._work(begun)
        except (JobNotFound, PoolClosed):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told in the job
            return await asyncio.to_thread(self._log.fail, job_id, _told(job_id, error))
        return await asyncio.to_thread(partial(self._log.finish, job_id, size=size))


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Do work whatever is cancelled meanwhile: whoever cancels wants just this done."""
    task = asyncio.create_task(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    task.result()


async def happens(event: asyncio.Event, within: float) -> None:
    """Return when an event is set, and after so many seconds anyway."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), within)


def _abandoned() -> JobAbandoned:
    return JobAbandoned(
        f"The server was ended {MOST_ATTEMPTS} times while it worked on this document, so it is not tried again. "
        "It may be more than this server can take: split it, or look into the server's log."
    )


def _told(job_id: str, error: Exception) -> Problem:
    problem = problem_of(error)
    if problem is not None:
        logger.info("document %s failed: %s", job_id, problem.code)
        return problem
    logger.error("document %s failed, for a bug", job_id, exc_info=error)
    return _BUG
