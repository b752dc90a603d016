"""LibreTranslate's documents: sent, waited for and fetched by their address, which is the permission to fetch them."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from starlette.datastructures import URL, UploadFile

from app.api.context import Context, Serving, context_of
from app.api.downloads import download
from app.api.libretranslate.described import ANSWERS, body_of
from app.api.libretranslate.errors import FileMissing, render
from app.api.libretranslate.reading import checked
from app.api.libretranslate.uploads import uploaded
from app.api.problems import rendered
from app.api.schemas.libretranslate import FileForm, TranslatedFile
from app.jobs import Job

router = APIRouter(tags=["LibreTranslate"], responses=ANSWERS)

_FORM = body_of(FileForm, encodings=("multipart/form-data",))


@router.post("/translate_file", response_model=TranslatedFile, openapi_extra=_FORM)
async def translate_file(request: Request) -> TranslatedFile | Response:
    """Translate a document and answer when it is done, with the address to fetch it from."""
    async with uploaded(request) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise FileMissing("Send the document in the field `file`, with its name.")
        wanted, asking = checked(FileForm, form), context_of(request)
        submitted = await asking.services.documents.submit(
            file.file,
            filename=file.filename,
            source=wanted.source,
            target=wanted.target,
            owner=asking.caller.owner,
            sees=asking.caller.sees,
            client=asking.client,
        )
    job = await _ended(submitted, asking)
    if job.error is not None:
        return rendered(job.error, render)
    result = await asking.services.documents.result(job.id, None)
    address = request.url_for("download_file", name=f"{job.id}.{result.filename}")
    return TranslatedFile(translatedFileUrl=str(URL(str(address)).include_query_params(key=submitted.key)))


@router.get("/download_file/{name}", response_class=FileResponse)
async def download_file(name: str, serving: Serving, key: str = "") -> FileResponse:
    """Send a translated document to whoever has its address, until `documents.keep` is over."""
    return download(await serving.documents.result(name.partition(".")[0], None, key))


async def _ended(job: Job, asking: Context) -> Job:
    """Wait until a job is over. Forget it where nobody will: who gives up waiting never learns its address."""
    documents = asking.services.documents
    try:
        async with asking.deadline():
            return await documents.wait(job.id, None)
    except BaseException:
        await documents.delete(job.id, None)
        raise
