"""The files of documents, a directory for each; what has its name is whole; touches disk.

    <root>/<id>/source   the upload, until its job is over
    <root>/<id>/result   the translated document
    <root>/<id>/lock     locked by the process that works on it

A name that a client sent is never part of a path. The lock is the system's, which takes it back from a process however
that ends. Call everything off the event loop.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO
from uuid import UUID

from app.jobs.job import DocumentLost, JobStoreFailed, StorageFull
from app.sqlite import is_full
from model_pool.catalog.files import sync, write_durably

_PRIVATE = 0o700
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a job, as long as it is not released."""

    stream: IO[bytes]

    def release(self) -> None:
        """Give it up."""
        self.stream.close()


@dataclass(frozen=True, slots=True)
class JobFiles:
    """The directory `root`, made with the first document. Raises JobStoreFailed, StorageFull."""

    root: Path

    def take_in(self, job_id: str, data: BinaryIO) -> int:
        """Keep an upload and return its bytes; where that fails nothing is left of it."""
        directory = self._of(job_id)
        try:
            with _disk():
                self.root.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
                directory.mkdir(mode=_PRIVATE)
                return _copied(data, directory / "source")
        except BaseException:
            self.remove(job_id)
            raise

    def source(self, job_id: str) -> bytes:
        """Return an upload. Raises DocumentLost."""
        with _disk():
            try:
                return (self._of(job_id) / "source").read_bytes()
            except FileNotFoundError:
                raise DocumentLost("The document's file is not there any more. Send it again.") from None

    def write_result(self, job_id: str, content: bytes) -> None:
        """Keep a result: whole, or not at all."""
        with _disk():
            write_durably(self.result(job_id), content)

    def result(self, job_id: str) -> Path:
        """Return where the result is, or will be."""
        return self._of(job_id) / "result"

    def forget_source(self, job_id: str) -> None:
        """Remove the upload of a job that is over."""
        with _disk():
            (self._of(job_id) / "source").unlink(missing_ok=True)

    def remove(self, job_id: str) -> None:
        """Remove everything of a job; what somebody is just writing goes with the next `orphans`."""
        shutil.rmtree(self._of(job_id), ignore_errors=True)

    def claim(self, job_id: str) -> Claim | None:
        """Return the right to work on a job; None where somebody has it, in this process or in any."""
        with _disk():
            self._of(job_id).mkdir(mode=_PRIVATE, exist_ok=True)  # where it was taken away, the job can say so
            stream = (self._of(job_id) / "lock").open("ab")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.close()
            return None
        return Claim(stream)

    def orphans(self, known: Collection[str], *, before: float) -> list[str]:
        """Return the directories of no job that were last changed before a time; younger ones may be uploads."""
        if not self.root.exists():
            return []
        with _disk():
            directories = [one for one in self.root.iterdir() if one.is_dir() and one.name not in known]
            return [one.name for one in directories if _is_id(one.name) and one.stat().st_mtime < before]

    def _of(self, job_id: str) -> Path:
        return self.root / job_id


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise StorageFull("The disk has no room for this document. Delete some, or try again later.") from error
        raise JobStoreFailed(f"The documents' files cannot be reached: {error.strerror or error}.") from error


def _copied(data: BinaryIO, path: Path) -> int:
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("xb") as stream:
        data.seek(0)
        shutil.copyfileobj(data, stream, _CHUNK)
        size = stream.tell()
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    sync(path.parent)
    return size


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
