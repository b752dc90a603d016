"""Documents that are translated while their senders do something else: kept on disk, resumed after a restart."""

from app.jobs.documents import DocumentJobs
from app.jobs.job import (
    DocumentLost,
    DocumentsDisabled,
    DocumentWishes,
    Job,
    JobAbandoned,
    JobFailed,
    JobNotFound,
    JobNotReady,
    JobResult,
    JobState,
    JobStoreFailed,
    StorageFull,
    Warned,
)

__all__ = [
    "DocumentJobs",
    "DocumentLost",
    "DocumentWishes",
    "DocumentsDisabled",
    "Job",
    "JobAbandoned",
    "JobFailed",
    "JobNotFound",
    "JobNotReady",
    "JobResult",
    "JobState",
    "JobStoreFailed",
    "StorageFull",
    "Warned",
]
