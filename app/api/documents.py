"""The native dialect's documents: upload, watch, fetch and delete one's own; parse, hand on, render."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import FileResponse

from app.api.context import Asking, Serving
from app.api.downloads import download
from app.api.problems import ANSWERS as TEXT_ANSWERS
from app.api.schemas.documents import (
    DocumentError,
    DocumentShown,
    DocumentsShown,
    FormatShown,
    FormatsShown,
    NewDocument,
    WarningShown,
)
from app.api.schemas.errors import ErrorResponse
from app.auth import Caller, GuardedRoute, require
from app.documents import FORMATS
from app.jobs import DocumentWishes, Job

_ALLOWED = require("translate")

router = APIRouter(prefix="/documents", tags=["documents"], dependencies=[Depends(_ALLOWED)], route_class=GuardedRoute)

Calling = Annotated[Caller, Depends(_ALLOWED)]

ANSWERS: dict[int | str, dict[str, Any]] = {
    **TEXT_ANSWERS,
    404: {"model": ErrorResponse, "description": "No such document, tier or glossary, or documents are switched off."},
    409: {"model": ErrorResponse, "description": "There is no result yet (Retry-After), or there will be none."},
    413: {"model": ErrorResponse, "description": "The document is over its limit."},
    415: {"model": ErrorResponse, "description": "A format that is not read here; detail has those that are."},
    429: {"model": ErrorResponse, "description": "Too many documents are waiting, or the key is over its limits."},
    507: {"model": ErrorResponse, "description": "There is no room for another document."},
}
_FILES: dict[str, Any] = {
    one.media_type: {"schema": {"type": "string", "format": "binary"}} for one in FORMATS.values()
}


@router.post("", status_code=202)
async def upload(
    new: Annotated[NewDocument, Form(media_type="multipart/form-data")],
    request: Request,
    response: Response,
    asking: Asking,
) -> DocumentShown:
    """Take a document in; it is translated meanwhile. Location is where to watch it."""
    job = await asking.services.documents.submit(
        new.file.file,
        filename=new.file.filename or "",
        source=new.source_language,
        target=new.target_language,
        tier=new.model_type,
        owner=asking.caller.owner,
        sees=asking.caller.sees,
        client=asking.client,
        wishes=DocumentWishes(glossary_id=new.glossary_id, kept=tuple(new.do_not_translate), split=new.split_sentences),
    )
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{router.prefix}/{job.id}"
    return _shown(job)


@router.get("")
async def listed(serving: Serving, caller: Calling) -> DocumentsShown:
    """List the caller's documents."""
    return DocumentsShown(documents=[_shown(job) for job in await serving.documents.list(caller.sees)])


@router.get("/formats")
async def formats() -> FormatsShown:
    """List the formats that are read and written."""
    return FormatsShown(
        formats=[
            FormatShown(name=one.name, media_type=one.media_type, extensions=[one.name, *one.extensions])
            for one in FORMATS.values()
        ]
    )


@router.get("/{document_id}")
async def get(document_id: str, serving: Serving, caller: Calling) -> DocumentShown:
    """Tell how far a document is."""
    return _shown(await serving.documents.get(document_id, caller.sees))


@router.get("/{document_id}/result", response_class=FileResponse, responses={200: {"content": _FILES}})
async def result(document_id: str, serving: Serving, caller: Calling) -> FileResponse:
    """Return the translated document, to be saved."""
    return download(await serving.documents.result(document_id, caller.sees))


@router.delete("/{document_id}", status_code=204)
async def delete(document_id: str, serving: Serving, caller: Calling) -> None:
    """Forget a document and its translation; one that is being translated stops."""
    await serving.documents.delete(document_id, caller.sees)


def _shown(job: Job) -> DocumentShown:
    error = job.error
    return DocumentShown(
        document_id=job.id,
        filename=job.filename,
        format=job.format,
        status=job.state,
        source_language=job.source,
        target_language=job.target,
        model_type=job.tier,
        characters=job.characters,
        characters_done=job.done,
        seconds_remaining=job.seconds_remaining,
        warnings=[WarningShown(message=one.message, count=one.count) for one in job.warnings],
        notes=list(job.notes),
        error=None if error is None else DocumentError(code=error.code, message=error.message, detail=error.detail),
        created=job.created,
        ended=job.ended,
        expires=job.expires,
    )
