"""What a document's job is, and what is wrong with one; values only, pure.

RequestError
├── DocumentsDisabled   404  this server takes no documents
├── JobNotFound         404  no such job, not this caller's, or its time is over
├── JobNotReady         409  its result is not there yet
├── JobFailed           409  there will be no result; detail has the job's own error
├── JobAbandoned        500  in a job: the server was killed each time that it worked on the document
├── DocumentLost        500  in a job: somebody took its file away
├── JobStoreFailed      503  the disk does not do as it should
└── StorageFull         507  no room for another document
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from app.errors import Problem, RequestError
from app.text.segmentation import Split


class DocumentsDisabled(RequestError):
    """This server takes no documents."""

    code = "documents_disabled"
    status = 404


class JobNotFound(RequestError):
    """No such job, not this caller's, or its time is over."""

    code = "document_not_found"
    status = 404


class JobNotReady(RequestError):
    """Its result is not there yet."""

    code = "document_not_ready"
    status = 409


class JobFailed(RequestError):
    """There will be no result."""

    code = "document_failed"
    status = 409


class JobAbandoned(RequestError):
    """The server was killed each time that it worked on the document."""

    code = "document_abandoned"
    status = 500


class DocumentLost(RequestError):
    """Somebody took its file away."""

    code = "document_lost"
    status = 500


class JobStoreFailed(RequestError):
    """The disk does not do as it should."""

    code = "document_store_failed"
    status = 503


class StorageFull(RequestError):
    """No room for another document."""

    code = "storage_full"
    status = 507


class JobState(StrEnum):
    """Where a job is, by DeepL's names."""

    QUEUED = "queued"
    TRANSLATING = "translating"
    DONE = "done"
    ERROR = "error"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it, but that it is forgotten in time."""
        return self in {JobState.DONE, JobState.ERROR}


@dataclass(frozen=True, slots=True)
class DocumentWishes:
    """What is asked for beyond languages and tier. kept: terms that stay as they are. The rest as in `Wording`."""

    glossary_id: str | None = None
    glossary: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    split: Split = Split.SENTENCES


@dataclass(frozen=True, slots=True)
class Warned:
    """A sentence for the reader, and how many passages it is about."""

    message: str
    count: int


@dataclass(frozen=True, slots=True)
class Job:
    """A document on its way, as it was when it was asked for; ask again to see it move.

    key: a second secret beside the id, for dialects that want one; only `submit` returns it, it is "" afterwards.
    filename: as it was sent, without directories and control characters. format: a name in `FORMATS`.
    source: as asked for ("auto" included) until the document has been read, then as used. target: alike.
    tier: as asked for; None is the server's default.
    characters: code points of all its text, 0 until it has been read; done: those translated so far.
    seconds_remaining: from the speed measured in this job; None while that is unknown, 0 when it is over.
    error: why there is no result, as the same mistake in a text would be answered. expires: when it is forgotten.
    notes: what was left as it is though it has words.
    """

    id: str
    owner: str
    filename: str
    format: str
    state: JobState
    source: str
    target: str
    tier: str | None
    created: datetime
    key: str = ""
    characters: int = 0
    done: int = 0
    seconds_remaining: float | None = None
    error: Problem | None = None
    ended: datetime | None = None
    expires: datetime | None = None
    warnings: tuple[Warned, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobResult:
    """A translated document. path: whole from the moment that it is there. filename: such as `report.pt.docx`."""

    path: Path
    filename: str
    media_type: str
