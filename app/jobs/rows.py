"""A job as a row of the store: its columns, finding it, reading it; touches no disk but through a connection."""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256

from app.errors import Problem
from app.jobs.job import Job, JobNotFound, JobState, Warned

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, client TEXT NOT NULL, secret BLOB NOT NULL, asked TEXT NOT NULL,
  filename TEXT NOT NULL, format TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, tier TEXT,
  state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL, created REAL NOT NULL, ended REAL,
  digest TEXT NOT NULL DEFAULT '', characters INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
  ready_at REAL, warnings TEXT NOT NULL DEFAULT '{}', notes TEXT NOT NULL DEFAULT '[]', error TEXT
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, client);
CREATE INDEX IF NOT EXISTS jobs_unfinished ON jobs (created) WHERE ended IS NULL;
CREATE INDEX IF NOT EXISTS jobs_of_owner ON jobs (owner, created);
CREATE TABLE IF NOT EXISTS translations (
  job TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE, unit INTEGER NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (job, unit)
) WITHOUT ROWID;
"""
VERSION = 1


def hashed(key: str) -> bytes:
    """Return what is kept of a job's key, which is random enough for a fast hash."""
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def not_found(job_id: str) -> JobNotFound:
    """Return the error for a job that is not there, or not for this caller."""
    return JobNotFound(f"There is no document {job_id[:40]!r}, or not any more. GET /documents lists yours.")


def find(db: sqlite3.Connection, job_id: str, owner: str | None = None, key: str | None = None) -> sqlite3.Row:
    """Return a job's row. Raises JobNotFound, for another owner's and for a wrong key alike.

    To others it is as if it were not there: an answer that differs would tell them that it is.
    """
    row: sqlite3.Row | None = db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row is None or owner not in {None, row["owner"]}:
        raise not_found(job_id)
    if key is not None and not hmac.compare_digest(hashed(key), row["secret"]):
        raise not_found(job_id)
    return row


def read_job(row: sqlite3.Row, *, now: float, keep: float) -> Job:
    """Return a row as it is to be seen now. keep: seconds after its end that it is kept."""
    state = JobState(row["state"])
    ended = row["ended"]
    return Job(
        id=row["id"],
        owner=row["owner"],
        filename=row["filename"],
        format=row["format"],
        state=state,
        source=row["source"],
        target=row["target"],
        tier=row["tier"],
        created=_moment(row["created"]),
        characters=row["characters"],
        done=row["done"],
        seconds_remaining=0.0 if state.is_over else _remaining(row["ready_at"], now),
        error=_problem(row["error"]),
        ended=None if ended is None else _moment(ended),
        expires=None if ended is None else _moment(ended + keep),
        warnings=tuple(Warned(*one) for one in read_counts(row["warnings"]).items()),
        notes=tuple(json.loads(row["notes"])),
    )


def read_counts(text: str) -> dict[str, int]:
    """Return warnings and how often each was heard, in the order that they came."""
    counts: dict[str, int] = json.loads(text)
    return counts


def write_json(value: Mapping[str, int] | tuple[str, ...]) -> str:
    """Return a value of a column."""
    return json.dumps(value, ensure_ascii=False)


def write_problem(problem: Problem) -> str:
    """Return an error for its column."""
    return json.dumps(asdict(problem), ensure_ascii=False, default=str)


def _problem(text: str | None) -> Problem | None:
    return None if text is None else Problem(**json.loads(text))


def _remaining(ready_at: float | None, now: float) -> float | None:
    return None if ready_at is None else max(1.0, ready_at - now)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
