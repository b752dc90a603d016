"""A translated document as an answer: always saved, never shown, under a name that no header can be broken with."""

from __future__ import annotations

from urllib.parse import quote

from fastapi.responses import FileResponse

from app.headers import NOSNIFF
from app.jobs import JobResult


def download(result: JobResult) -> FileResponse:
    """Return the response that sends a document, for every dialect."""
    headers = {
        **NOSNIFF,
        "Content-Type": result.media_type,  # as a header, or a charset would be added that nobody knows
        "Content-Disposition": attachment(result.filename),
        "Cache-Control": "private, no-store",
    }
    return FileResponse(result.path, headers=headers)


def attachment(filename: str) -> str:
    """Return the Content-Disposition of RFC 6266: the name in UTF-8, and in ASCII for clients of long ago."""
    plain = "".join(one if one.isascii() and one.isprintable() and one not in '"\\%/' else "_" for one in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename.encode('utf-8', 'replace'), safe='')}"
