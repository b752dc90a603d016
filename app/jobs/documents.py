"""The facade: submit a document, watch it, fetch it, forget it; the same for every dialect."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from app.detection import Detector
from app.documents import FORMATS, BrokenDocument, DocumentLimits, DocumentTooLarge, format_of
from app.glossaries.library import Library
from app.jobs.files import JobFiles
from app.jobs.job import (
    DocumentsDisabled,
    DocumentWishes,
    Job,
    JobFailed,
    JobNotReady,
    JobResult,
    JobState,
)
from app.jobs.names import cleaned, translated_name
from app.jobs.orders import Order
from app.jobs.runner import JobRunner, happens
from app.jobs.sources import languages_asked
from app.jobs.store import JobStore, NewJob, Room, database
from app.jobs.work import Serving, Workshop
from app.jobs.worklog import WorkLog
from app.quotas import Clock, Usage
from app.settings.models import DocumentSettings

NO_WISHES = DocumentWishes()

_DIRECTORY = "documents"
_FILE = "jobs.sqlite3"
_SOON = 2.0
"""Seconds after which to ask again for a result, where nobody knows better."""

_LATEST = 30.0
"""Seconds after which to ask again at the latest, since it may go faster than it looks."""

_ELSEWHERE = 1.0
"""Seconds between looks at a job that another process may be working on."""


class DocumentJobs:
    """Every document of this server; `Services.documents`, the same one before and after a reload.

    owner, everywhere but in `submit`: `Caller.sees`, whose jobs may be seen; None for all. key: where it is not None it
    must be the job's own. A job that is another's is as if it were not there.
    Raises JobStoreFailed where the disk does not do as it should.
    """

    def __init__(
        self,
        data_dir: Path,
        settings: DocumentSettings,
        *,
        detector: Detector,
        library: Library,
        usage: Usage,
        on_end: Callable[[Job], None],
        clock: Clock = time.time,
    ) -> None:
        self._settings = settings
        self._library = library
        self._usage = usage
        self._clock = clock
        self._serving: Callable[[], Serving] | None = None
        root, file = data_dir / _DIRECTORY, database(data_dir / _DIRECTORY / _FILE)
        room = Room(settings.max_queued, settings.max_jobs_per_client, int(settings.max_stored))
        self._store = JobStore(file, room, settings.keep, clock)
        self._files = JobFiles(root)
        log = WorkLog(file, settings.keep, clock)
        limits = DocumentLimits(
            max_bytes=settings.max_bytes,
            max_unpacked=settings.max_unpacked,
            max_characters=settings.max_characters,
        )
        shop = Workshop(self._serving_now, detector, library, usage, self._files, log, limits, clock)
        self._runner = JobRunner(
            self._store, log, self._files, shop.translate, concurrency=settings.concurrency, on_end=on_end
        )
        self.counts: Mapping[JobState, int] = dict.fromkeys(JobState, 0)
        """Jobs by state, as `count` saw them last."""

    def serve(self, serving: Callable[[], Serving]) -> None:
        """Say where the configuration in force is; jobs ask again for each part of their work."""
        self._serving = serving

    def start(self) -> None:
        """Begin to work on what waits, of this run or an earlier one."""
        self._runner.start()

    async def close(self, within: float) -> None:
        """Stop within so many seconds; what is not done goes on at the next start."""
        await self._runner.close(within)

    async def submit(
        self,
        data: BinaryIO,
        *,
        filename: str,
        source: str,
        target: str,
        tier: str | None = None,
        owner: str,
        sees: str | None,
        client: str,
        wishes: DocumentWishes = NO_WISHES,
    ) -> Job:
        """Check a document's order, keep the file and queue it; the job has its `key`, this once.

        data: from its beginning, as `UploadFile.file` is; read here in a thread, closed by the caller.
        owner, sees: as the `Caller` has them; `sees` decides on the glossary. client: as `Context` has it.
        Raises before anything is stored: DocumentsDisabled, UnsupportedDocument, BrokenDocument (empty),
        DocumentTooLarge, UnknownTier, UnknownLanguage, PairUnsupported, GlossaryNotFound, GlossaryMismatch,
        QuotaExceeded (nothing is left), TooManyRequests, StorageFull. What only reading can tell is in the job's error.
        """
        if not self._settings.enabled:
            raise DocumentsDisabled("This server takes no documents (documents.enabled).")
        job = Job(
            id=str(uuid4()),
            owner=owner,
            filename=cleaned(filename),
            format=format_of(cleaned(filename)).name,
            state=JobState.QUEUED,
            source=source,
            target=target,
            tier=tier,
            created=datetime.fromtimestamp(self._clock(), UTC),
            key=secrets.token_hex(32),
        )
        order = Order(source, target, tier, wishes)
        await self._check(order, sees)
        self._usage.check(owner)
        await asyncio.to_thread(self._take_in, data, partial(NewJob, job, client, order))
        self._runner.wake()
        return job

    async def get(self, job_id: str, owner: str | None, key: str | None = None) -> Job:
        """Return a job as it is now. Raises JobNotFound."""
        return await asyncio.to_thread(self._store.get, job_id, owner, key)

    async def list(self, owner: str | None) -> list[Job]:
        """Return every job that the owner sees, oldest first."""
        return await asyncio.to_thread(self._store.list, owner)

    async def result(self, job_id: str, owner: str | None, key: str | None = None) -> JobResult:
        """Return the translated document. Raises JobNotFound, JobNotReady, JobFailed."""
        job = await self.get(job_id, owner, key)
        if job.error is not None:
            problem = {"code": job.error.code, "message": job.error.message, "detail": job.error.detail}
            raise JobFailed(f"There is no result: {job.error.message}", detail={"error": problem})
        if job.state is not JobState.DONE:
            raise JobNotReady(
                f"The document is not translated yet: {job.state}. Ask again later.",
                detail={"status": job.state, "seconds_remaining": job.seconds_remaining},
                retry_after=min(job.seconds_remaining or _SOON, _LATEST),
            )
        name = translated_name(job.filename, job.target)
        return JobResult(self._files.result(job.id), name, FORMATS[job.format].media_type)

    async def wait(self, job_id: str, owner: str | None) -> Job:
        """Return the job when it is over, done or not. Raises JobNotFound, also where it is deleted meanwhile.

        Who stops waiting does not end the job: `delete` does.
        """
        while True:
            next_end = self._runner.next_end
            if (job := await self.get(job_id, owner)).state.is_over:
                return job
            await happens(next_end, _ELSEWHERE)

    async def delete(self, job_id: str, owner: str | None, key: str | None = None) -> None:
        """Forget a job and its files; one that is being translated stops. Raises JobNotFound."""
        await asyncio.to_thread(self._store.delete, job_id, owner, key)
        self._runner.cancel(job_id)
        await asyncio.to_thread(self._files.remove, job_id)

    async def count(self) -> Mapping[JobState, int]:
        """Return how many jobs are in each state, of all owners."""
        self.counts = await asyncio.to_thread(self._store.counts)
        return self.counts

    def _serving_now(self) -> Serving:
        if self._serving is None:
            raise RuntimeError("documents are served from when the services are there")
        return self._serving()

    async def _check(self, order: Order, sees: str | None) -> None:
        """Raise what is wrong with an order as far as can be told without its document."""
        tiers = self._serving_now().tiers
        languages = languages_asked(order, tiers[order.tier or tiers.default])
        wishes = order.wishes
        wording = await self._library.wording(
            glossary_id=wishes.glossary_id, owner=sees, entries=wishes.glossary, kept=wishes.kept
        )
        if not languages.detected and not languages.same:
            await wording.terms(languages.source, languages.target, required=True)

    def _take_in(self, data: BinaryIO, new: Callable[[int], NewJob]) -> None:
        """Keep file and job, in one go: a client that leaves meanwhile does not leave half of it."""
        job = new(_size(data, self._settings.max_bytes))
        self._store.check_room(job.client, job.bytes)
        self._files.take_in(job.job.id, data)
        try:
            self._store.add(job)
        except BaseException:
            self._files.remove(job.job.id)
            raise


def _size(data: BinaryIO, most: int) -> int:
    size = data.seek(0, os.SEEK_END)
    if size > most:
        raise DocumentTooLarge(
            f"The document has {size} bytes, more than the {most} that one may have (documents.max_bytes)."
        )
    if not size:
        raise BrokenDocument("The document is empty.")
    return size
