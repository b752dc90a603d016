"""Long texts as server-sent events, a piece at a time: parse, translate, render."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Response
from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from app.api.context import Asking, Context
from app.api.native import wishes_of
from app.api.schemas.native import StreamRequest
from app.api.schemas.streaming import StreamEnd, StreamError, StreamSegment, StreamStart
from app.auth import GuardedRoute, require
from app.errors import DOMAIN_ERRORS, Problem, problem_of
from app.translate import Outcome, Streamed

_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""Proxies shall hold nothing back."""

_GRACE = 5.0
"""Seconds after the deadline in which a slow reader may take what is left; it holds a lease all the while."""

_SHOWN: Mapping[str, type[BaseModel]] = {
    "start": StreamStart,
    "segment": StreamSegment,
    "done": StreamEnd,
    "error": StreamError,
}
_EVENT: dict[str, Any] = {
    "oneOf": [
        {
            "type": "object",
            "required": ["event", "data"],
            "properties": {
                "event": {"const": name},
                "data": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": model.model_json_schema(),
                },
            },
        }
        for name, model in _SHOWN.items()
    ]
}
_ANSWER: dict[str, Any] = {
    "description": "`start`, then a `segment` for each piece in order, then `done`; or `error`, if something goes "
    "wrong after the first piece. Before that, errors are answered as everywhere.",
    "content": {"text/event-stream": {"schema": _EVENT}},
}

router = APIRouter(tags=["translation"], dependencies=[Depends(require("translate"))], route_class=GuardedRoute)


@router.post(
    "/translate/stream",
    response_model=None,  # the class stands below, and FastAPI would look for it here
    response_class=Response,
    responses={200: _ANSWER},
)
async def translate_stream(request: Annotated[StreamRequest, Body()], asking: Asking) -> StreamedTranslation:
    """Translate a text and send each segment as soon as it and those before it are there.

    A piece is a sentence of plain text, or a block of HTML, XML or Markdown. Joined, the pieces are what `/translate`
    answers.
    """
    return StreamedTranslation(request, asking)


class StreamedTranslation(Response):
    """Translates while it sends, so that the lease, the place and the charge of a request end with its answer."""

    def __init__(self, request: StreamRequest, asking: Context) -> None:
        super().__init__()
        self._request = request
        self._asking = asking
        self._failed: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. Raises what goes wrong before the first piece, which is answered with a status."""
        asking, texts = self._asking, [self._request.text]
        loop = asyncio.get_running_loop()
        ends = loop.time() + asking.timeout
        with asking.services.admission.admitted(texts):
            try:
                with asking.charged(texts):
                    async with aclosing(await self._translation()) as pieces:
                        async with asking.deadline(ends):
                            first = await anext(pieces)
                        events = EventSourceResponse(self._events(first, pieces, ends), headers=_HEADERS)
                        async with asyncio.timeout_at(ends + _GRACE):
                            await events(scope, receive, send)
                    self._raise()
            except Exception as error:
                if error is not self._failed:
                    raise

    async def _translation(self) -> AsyncGenerator[Streamed]:
        request, asking = self._request, self._asking
        return asking.services.translator.stream(
            request.text,
            source=request.source_language,
            target=request.target_language,
            tier=request.model_type,
            client=asking.client,
            wishes=await wishes_of(request, asking),
        )

    async def _events(self, first: Streamed, pieces: AsyncIterator[Streamed], ends: float) -> AsyncIterator[bytes]:
        yield _event("start", _start(first))
        now: Streamed | None = first
        while now is not None:
            yield _event("segment", _segment(now))
            if now.whole is not None:
                yield _event("done", _end(now.whole))
            try:
                async with self._asking.deadline(ends):
                    now = await anext(pieces, None)
            except DOMAIN_ERRORS as error:
                problem = problem_of(error)
                if problem is None:
                    raise
                self._failed = error
                yield _event("error", _error(problem))
                return

    def _raise(self) -> None:
        """Let what was told as an event be seen by those who count: its characters are given back."""
        if self._failed is not None:
            raise self._failed


def _event(name: str, data: BaseModel) -> bytes:
    return format_sse_event(event=name, data_str=data.model_dump_json())


def _start(first: Streamed) -> StreamStart:
    piece = first.piece
    return StreamStart(
        source_language=piece.source, target_language=piece.target, model_type=piece.tier, count=first.count
    )


def _segment(streamed: Streamed) -> StreamSegment:
    answer = streamed.piece.answer
    return StreamSegment(
        index=streamed.index,
        text=answer.text,
        tier_used=answer.tier_used or streamed.piece.tier,
        model_used=answer.model_used,
        route=list(answer.route),
        confidence_score=answer.confidence,
        from_cache=answer.cached,
        warnings=list(answer.warnings),
    )


def _end(whole: Outcome) -> StreamEnd:
    answer = whole.answer
    return StreamEnd(
        confidence_score=answer.confidence,
        processing_time_ms=round(whole.seconds * 1000),
        from_cache=answer.cached,
        warnings=list(answer.warnings),
    )


def _error(problem: Problem) -> StreamError:
    return StreamError(status=problem.status, code=problem.code, message=problem.message, detail=problem.detail)
