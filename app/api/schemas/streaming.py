"""Wire models of the events of a streamed translation."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class StreamStart(BaseModel):
    """The first event, `start`."""

    source_language: str = Field(description="The code that is used, detected or given.")
    target_language: str
    model_type: str = Field(description="The tier that was asked for.")
    count: int = Field(description="How many events `segment` follow.")


class StreamSegment(BaseModel):
    """An event `segment`: the next piece. All `text` joined are the translation, the layout between them included."""

    index: int
    text: str
    tier_used: str
    model_used: str
    route: list[str]
    confidence_score: float
    from_cache: bool
    warnings: list[str]


class StreamEnd(BaseModel):
    """The last event, `done`: what `/translate` says of the whole text."""

    confidence_score: float
    processing_time_ms: int
    from_cache: bool
    warnings: list[str]


class StreamError(BaseModel):
    """The last event where something goes wrong after the first piece, `error`: the body of an error, and its status.

    What came before it is right as far as it goes.
    """

    status: int
    code: str
    message: str
    detail: Any = None
