"""The facade: submit a document, watch it, fetch it, forget it; the same for every dialect."""

from __future__ import annotations

from typing import BinaryIO

from app.jobs.job import DocumentWishes, Job, JobResult

NO_WISHES = DocumentWishes()


class DocumentJobs:
    """Every document of this server; `Services.documents`, the same one before and after a reload.

    owner, everywhere but in `submit`: `Caller.sees`, whose jobs may be seen; None for all. key: where it is not None it
    must be the job's own. A job that is another's is as if it were not there.
    Raises JobStoreFailed where the disk does not do as it should.
    """

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
        raise NotImplementedError

    async def get(self, job_id: str, owner: str | None, key: str | None = None) -> Job:
        """Return a job as it is now. Raises JobNotFound."""
        raise NotImplementedError

    async def list(self, owner: str | None) -> list[Job]:
        """Return every job that the owner sees, oldest first."""
        raise NotImplementedError

    async def result(self, job_id: str, owner: str | None, key: str | None = None) -> JobResult:
        """Return the translated document. Raises JobNotFound, JobNotReady, JobFailed."""
        raise NotImplementedError

    async def wait(self, job_id: str, owner: str | None) -> Job:
        """Return the job when it is over, done or not. Raises JobNotFound, also where it is deleted meanwhile.

        Who stops waiting does not end the job: `delete` does.
        """
        raise NotImplementedError

    async def delete(self, job_id: str, owner: str | None, key: str | None = None) -> None:
        """Forget a job and its files; one that is being translated stops. Raises JobNotFound."""
        raise NotImplementedError
