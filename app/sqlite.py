"""One SQLite file in WAL mode, so that a change is there whole or not at all; touches disk.

Every use opens the file for itself and may block for milliseconds: do it off the event loop. Several processes of one
machine may share the file.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.errors import RequestError

_PATIENCE = 10.0
"""Seconds for another writer to end."""

_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Database:
    """A file that is made, with its directory, when it is first opened; `exists` says whether it was.

    schema: statements that make version `version` of it. holds: what is in it, for messages.
    failed: the error for a file that cannot be used; full: the one for a disk without room.
    """

    path: Path
    schema: str
    version: int
    holds: str
    failed: Callable[[str], RequestError]
    full: Callable[[str], RequestError]

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept in it."""
        return self.path.exists()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, from before its first read, so that two that change the same thing do not mix."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                if db.in_transaction:  # a full disk ends it by itself
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the file, whatever others write meanwhile."""
        with self._open() as db:
            db.execute("BEGIN")
            yield db

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)) as db:
                db.row_factory = sqlite3.Row
                db.execute("PRAGMA foreign_keys = ON")
                (version,) = db.execute("PRAGMA user_version").fetchone()
                if version == 0:
                    db.executescript(self._script())
                elif version > self.version:
                    raise self.failed(f"{self.path.name} was written by a newer Babelpool; this one cannot read it.")
                yield db
        except (sqlite3.Error, OSError) as error:
            if is_full(error):
                raise self.full(f"The disk has no room for {self.holds}. Free some.") from error
            raise self.failed(f"The {self.holds} cannot be reached: {error}.") from error

    def _script(self) -> str:
        version = f"PRAGMA user_version = {self.version};"
        return f"PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; {self.schema} {version} COMMIT;"


def is_full(error: Exception) -> bool:
    """Whether an error of the disk or of SQLite says that there is no room left."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in _FULL
