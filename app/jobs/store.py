"""Jobs on disk as their owners see them, in one SQLite file; call it off the event loop; touches disk.

An owner of None is somebody who sees all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import TooManyRequests
from app.jobs.job import Job, JobState, JobStoreFailed, StorageFull
from app.jobs.orders import Order
from app.jobs.rows import SCHEMA, VERSION, find, hashed, not_found, read_job
from app.quotas import Clock
from app.sqlite import Database

_RETRY_AFTER = 10.0


def database(path: Path) -> Database:
    """Return the file that jobs are in."""
    return Database(path, SCHEMA, VERSION, "documents", JobStoreFailed, StorageFull)


@dataclass(frozen=True, slots=True)
class Room:
    """How much there may be. queued: jobs in the queue; unfinished: of one client; bytes: of all files."""

    queued: int
    unfinished: int
    bytes: int


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to keep; of the `key` in it, its hash. bytes: of the upload."""

    job: Job
    client: str
    order: Order
    bytes: int


@dataclass(frozen=True, slots=True)
class JobStore:
    """keep: seconds that a job is kept when it is over. clock: Unix time. Raises JobStoreFailed, StorageFull."""

    file: Database
    room: Room
    keep: float
    clock: Clock

    def check_room(self, client: str, size: int) -> None:
        """Raise TooManyRequests or StorageFull where another job has no place."""
        if self.file.exists:
            with self.file.reading() as db:
                self._check_room(db, client, size)

    def add(self, new: NewJob) -> None:
        """Queue a job. Raises as `check_room` does."""
        job = new.job
        values = {
            "id": job.id,
            "owner": job.owner,
            "client": new.client,
            "secret": hashed(job.key),
            "asked": new.order.to_json(),
            "filename": job.filename,
            "format": job.format,
            "source": job.source,
            "target": job.target,
            "tier": job.tier,
            "state": job.state,
            "bytes": new.bytes,
            "created": job.created.timestamp(),
        }
        places = ", ".join(f":{name}" for name in values)
        with self.file.writing() as db:
            self._check_room(db, new.client, new.bytes)
            db.execute(f"INSERT INTO jobs ({', '.join(values)}) VALUES ({places})", values)  # noqa: S608 - names above

    def get(self, job_id: str, owner: str | None, key: str | None = None) -> Job:
        """Return a job. Raises JobNotFound, for a wrong key as well."""
        self._check_there(job_id)
        with self.file.reading() as db:
            row = find(db, job_id, owner, key)
        if self._is_past(row):
            raise not_found(job_id)
        return self._job(row)

    def list(self, owner: str | None) -> list[Job]:
        """Return every job that the owner sees, oldest first."""
        if not self.file.exists:
            return []
        with self.file.reading() as db:
            query = "SELECT * FROM jobs WHERE owner = ? OR ? IS NULL ORDER BY created, id"
            rows = db.execute(query, (owner, owner)).fetchall()
        return [self._job(row) for row in rows if not self._is_past(row)]

    def delete(self, job_id: str, owner: str | None, key: str | None = None) -> None:
        """Forget a job. Raises JobNotFound."""
        self._check_there(job_id)
        with self.file.writing() as db:
            db.execute("DELETE FROM jobs WHERE id = ?", (find(db, job_id, owner, key)["id"],))

    def expire(self) -> Sequence[str]:
        """Forget the jobs whose time is over, and return their ids."""
        if not self.file.exists:
            return []
        with self.file.writing() as db:
            ended_before = (self.clock() - self.keep,)
            return [row["id"] for row in db.execute("DELETE FROM jobs WHERE ended < ? RETURNING id", ended_before)]

    def known(self) -> set[str]:
        """Return the ids of all jobs."""
        if not self.file.exists:
            return set()
        with self.file.reading() as db:
            return {row["id"] for row in db.execute("SELECT id FROM jobs")}

    def counts(self) -> dict[JobState, int]:
        """Return how many jobs are in each state."""
        counts = dict.fromkeys(JobState, 0)
        if self.file.exists:
            with self.file.reading() as db:
                for state, count in db.execute("SELECT state, count(*) FROM jobs GROUP BY state"):
                    counts[JobState(state)] = count
        return counts

    def _check_room(self, db: sqlite3.Connection, client: str, size: int) -> None:
        (queued,) = db.execute("SELECT count(*) FROM jobs WHERE state = 'queued'").fetchone()
        if queued >= self.room.queued:
            raise TooManyRequests(
                f"{queued} documents are waiting already (documents.max_queued). Try again later.",
                retry_after=_RETRY_AFTER,
            )
        mine = "SELECT count(*) FROM jobs WHERE client = ? AND ended IS NULL"
        (unfinished,) = db.execute(mine, (client,)).fetchone()
        if unfinished >= self.room.unfinished:
            raise TooManyRequests(
                f"{unfinished} of your documents are not done yet, as many as there may be at a time "
                "(documents.max_jobs_per_client). Wait for one of them, or delete it.",
                retry_after=_RETRY_AFTER,
            )
        (stored,) = db.execute("SELECT coalesce(sum(bytes), 0) FROM jobs").fetchone()
        if stored + size > self.room.bytes:
            raise StorageFull(
                "There is no room for another document (documents.max_stored). Delete those that you have fetched, or "
                "try again later."
            )

    def _is_past(self, row: sqlite3.Row) -> bool:
        """Whether the time is over for which a job is kept; it may still wait to be swept away."""
        return row["ended"] is not None and row["ended"] < self.clock() - self.keep

    def _job(self, row: sqlite3.Row) -> Job:
        return read_job(row, now=self.clock(), keep=self.keep)

    def _check_there(self, job_id: str) -> None:
        if not self.file.exists:
            raise not_found(job_id)
