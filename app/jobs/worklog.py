"""Jobs on disk as those see them who work on them, in the same file; call it off the event loop; touches disk.

What changes a job says so with JobNotFound where it has been deleted meanwhile: whoever works on it stops then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import Problem
from app.jobs.job import Job, JobState
from app.jobs.orders import Order
from app.jobs.rows import find, read_counts, read_job, write_json, write_problem
from app.quotas import Clock
from app.sqlite import Database


@dataclass(frozen=True, slots=True)
class Begun:
    """A job to work on. attempts: how often it has been begun, this time included."""

    job: Job
    client: str
    order: Order
    attempts: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What reading a document has told. digest: of its units, so that kept translations are those of the same texts.

    source, target: as used. characters: of all units.
    """

    digest: str
    source: str
    target: str
    characters: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is of a job already: translations by unit, and how often each warning was heard."""

    translations: Mapping[int, str]
    warnings: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class WorkLog:
    """keep, clock: as `JobStore` has them. Raises JobStoreFailed, StorageFull."""

    file: Database
    keep: float
    clock: Clock

    def waiting(self) -> list[str]:
        """Return unfinished jobs in the order of their turns: first whose client has the fewest at work."""
        if not self.file.exists:
            return []
        query = (
            "SELECT id FROM jobs WHERE ended IS NULL ORDER BY (SELECT count(*) FROM jobs AS other"
            " WHERE other.client = jobs.client AND other.state = 'translating'), created, id"
        )
        with self.file.reading() as db:
            return [row["id"] for row in db.execute(query)]

    def begin(self, job_id: str) -> Begun | None:
        """Count an attempt; None where the job is over. Hold its claim. Raises JobNotFound."""
        with self.file.writing() as db:
            if JobState(find(db, job_id)["state"]).is_over:
                return None
            change = "UPDATE jobs SET state = 'translating', attempts = attempts + 1, ready_at = NULL WHERE id = ?"
            db.execute(change, (job_id,))
            row = find(db, job_id)
            return Begun(self._job(row), row["client"], Order.from_json(row["asked"]), row["attempts"])

    def put_back(self, job_id: str) -> None:
        """Queue a job again that was left in good order, as if it had not been begun; not one that is over or gone."""
        with self.file.writing() as db:
            change = "UPDATE jobs SET state = 'queued', attempts = attempts - 1, ready_at = NULL"
            db.execute(f"{change} WHERE id = ? AND ended IS NULL", (job_id,))

    def settle(self, job_id: str, settled: Settled) -> Kept:
        """Note what was read, and return what was translated of the same text before. Raises JobNotFound."""
        with self.file.writing() as db:
            if find(db, job_id)["digest"] != settled.digest:
                db.execute("DELETE FROM translations WHERE job = ?", (job_id,))
                db.execute("UPDATE jobs SET done = 0, warnings = '{}' WHERE id = ?", (job_id,))
            change = "UPDATE jobs SET digest = ?, source = ?, target = ?, characters = ?, notes = ? WHERE id = ?"
            known = (settled.digest, settled.source, settled.target, settled.characters, write_json(settled.notes))
            db.execute(change, (*known, job_id))
            kept = db.execute("SELECT unit, text FROM translations WHERE job = ?", (job_id,))
            return Kept(dict(kept.fetchall()), read_counts(find(db, job_id)["warnings"]))

    def add(
        self, job_id: str, made: Mapping[int, str], *, done: int, ready_at: float, warnings: Mapping[str, int]
    ) -> None:
        """Keep translations of units. done: characters in all so far. Raises JobNotFound."""
        with self.file.writing() as db:
            find(db, job_id)
            rows = [(job_id, unit, text) for unit, text in made.items()]
            db.executemany("INSERT OR REPLACE INTO translations VALUES (?, ?, ?)", rows)
            change = "UPDATE jobs SET done = ?, ready_at = ?, warnings = ? WHERE id = ?"
            db.execute(change, (done, ready_at, write_json(warnings), job_id))

    def finish(self, job_id: str, *, size: int) -> Job:
        """End a job well, with a result of `size` bytes. Raises JobNotFound."""
        return self._end(job_id, JobState.DONE, size, None)

    def fail(self, job_id: str, problem: Problem) -> Job:
        """End a job with what went wrong. Raises JobNotFound."""
        return self._end(job_id, JobState.ERROR, 0, write_problem(problem))

    def _end(self, job_id: str, state: JobState, size: int, error: str | None) -> Job:
        with self.file.writing() as db:
            find(db, job_id)
            db.execute("DELETE FROM translations WHERE job = ?", (job_id,))
            change = "UPDATE jobs SET state = ?, error = ?, bytes = ?, ended = ?, ready_at = NULL WHERE id = ?"
            db.execute(change, (state, error, size, self.clock(), job_id))
            if state is JobState.DONE:  # also where nothing had to be translated
                db.execute("UPDATE jobs SET done = characters WHERE id = ?", (job_id,))
            return self._job(find(db, job_id))

    def _job(self, row: sqlite3.Row) -> Job:
        return read_job(row, now=self.clock(), keep=self.keep)
