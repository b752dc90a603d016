"""`/v2/document`: upload, watch, fetch; parse, hand on, render."""

from __future__ import annotations

import math
from pathlib import PurePath
from typing import Annotated
from uuid import UUID

from fastapi import Form
from fastapi.responses import FileResponse

from app.api.context import Asking, Serving
from app.api.deepl.problems import OptionRefused
from app.api.deepl.routing import Calling, deepl_router
from app.api.deepl.wishes import check_options, terms_of
from app.api.downloads import download
from app.api.schemas.deepl import DeeplHandle, DeeplKey, DeeplStatus, NewDeeplDocument
from app.documents import FORMATS
from app.jobs import DocumentWishes, Job, JobState
from app.translate import AUTO

router = deepl_router("/v2/document")

_FILES = {one.media_type: {"schema": {"type": "string", "format": "binary"}} for one in FORMATS.values()}


@router.post("")
async def upload_document(
    new: Annotated[NewDeeplDocument, Form(media_type="multipart/form-data")], asking: Asking
) -> DeeplHandle:
    """Take a document in; it is translated meanwhile."""
    check_options(new)
    filename = new.filename or new.file.filename or ""
    _check_format(new, filename)
    terms = await terms_of(new, asking)
    job = await asking.services.documents.submit(
        new.file.file,
        filename=filename,
        source=new.source_lang or AUTO,
        target=new.target_lang,
        owner=asking.caller.owner,
        sees=asking.caller.sees,
        client=asking.client,
        wishes=DocumentWishes(glossary_id=terms.glossary_id, glossary=terms.entries),
    )
    return DeeplHandle(document_id=_shown_id(job), document_key=job.key)


@router.post("/{document_id}", response_model_exclude_none=True)
async def document_status(document_id: str, body: DeeplKey, serving: Serving, caller: Calling) -> DeeplStatus:
    """Tell how far a document is."""
    return shown(await serving.documents.get(_job_id(document_id), caller.sees, body.document_key))


@router.post("/{document_id}/result", response_class=FileResponse, responses={200: {"content": _FILES}})
async def document_result(document_id: str, body: DeeplKey, serving: Serving, caller: Calling) -> FileResponse:
    """Return the translated document, as often as it is asked for until it is too old."""
    return download(await serving.documents.result(_job_id(document_id), caller.sees, body.document_key))


def shown(job: Job) -> DeeplStatus:
    """Render a job."""
    left, reason = job.seconds_remaining, job.error.message if job.error else None
    return DeeplStatus(
        document_id=_shown_id(job),
        status=job.state,
        seconds_remaining=None if left is None or job.state.is_over else math.ceil(left),
        billed_characters=job.characters if job.state is JobState.DONE else None,
        error_message=reason,
        message=reason,
    )


def _check_format(new: NewDeeplDocument, filename: str) -> None:
    has = PurePath(filename).suffix[1:].lower()
    if new.output_format and new.output_format.lower() != has:
        raise OptionRefused(
            f"A document keeps its format: output_format {new.output_format[:20]!r} is not {has!r}. Leave it out."
        )


def _shown_id(job: Job) -> str:
    return UUID(job.id).hex.upper()


def _job_id(document_id: str) -> str:
    """Return the id as jobs have it; what is none stays as it is, and is not found."""
    try:
        return str(UUID(document_id))
    except ValueError:
        return document_id
