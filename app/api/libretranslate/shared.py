"""POST /translate is shared with the native dialect: `text` is native, `q` is LibreTranslate's.

The native route takes a request first, since it is the hot one. What it could not take comes here with the error.
"""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.api.lean import JSON, media_type
from app.api.libretranslate.errors import UnclearDialect, UnreadableBody, render
from app.api.libretranslate.reading import FORM, MULTIPART, Fields, admit, read
from app.api.libretranslate.translating import translate
from app.api.problems import answer_in
from app.auth import KeyRequired

_BOTH = "`text` is Babelpool's own dialect and `q` is LibreTranslate's: send one of them."
_NEITHER = (
    "Send `text` and `target_language` in JSON (Babelpool's own dialect), or `q`, `source` and `target` in JSON or a "
    "form (LibreTranslate's)."
)


async def translate_shared(request: Request, error: Exception) -> Response:
    """Answer a request in this dialect. Raises the native route's error where it is not in it."""
    if _is_evident(request):
        answer_in(request, render)
    body = _body_at(request, error)
    try:
        fields = await read(request, body)
    except UnreadableBody as unreadable:
        raise error if media_type(request) == JSON else unreadable from None
    _check_dialect(fields, error)
    answer_in(request, render)
    answer = await translate(fields, admit(request, fields))
    return Response(answer.model_dump_json(exclude_none=True), media_type=JSON)


def _is_evident(request: Request) -> bool:
    """Whether the head alone tells that it is not the native dialect, which takes JSON only and reads no query."""
    kind = media_type(request)
    return kind in {FORM, MULTIPART} or (kind != JSON and "q" in request.query_params)


def _body_at(request: Request, error: Exception) -> bytes | None:
    """Return the body where the native route has read it, None where not. Raises its error where that is final."""
    if isinstance(error, RequestValidationError) and isinstance(error.body, bytes):
        return error.body
    is_unread = isinstance(error, KeyRequired) or (isinstance(error, HTTPException) and error.status_code == 415)
    if is_unread and (media_type(request) == JSON or _is_evident(request)):
        return None
    raise error


def _check_dialect(fields: Fields, error: Exception) -> None:
    """Return where the fields are of this dialect. Raises UnclearDialect for both, and for none if a key was there."""
    if "q" not in fields:
        raise error if "text" in fields or isinstance(error, KeyRequired) else UnclearDialect(_NEITHER)
    if "text" in fields:
        raise UnclearDialect(_BOTH)
