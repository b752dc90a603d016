"""Wire models of the native dialect's documents."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.native import Code, Term
from app.jobs import JobState
from app.text.segmentation import Split

_MOST_TERMS = 1000


class NewDocument(BaseModel):
    """A form with a file."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile = Field(description="The document; the extension of its name says which format it is in.")
    source_language: Code = Field(default="auto", description='BCP 47 code, or "auto" to detect it once for all of it.')
    target_language: Code = Field(description="BCP 47 code.", examples=["pt"])
    model_type: str | None = Field(default=None, description="Tier; the configured default where absent.")
    split_sentences: Split = Field(default=Split.SENTENCES, description="As in POST /translate.")
    glossary_id: str | None = Field(default=None, max_length=64, description="A glossary of POST /glossaries.")
    do_not_translate: Annotated[list[Term], Field(max_length=_MOST_TERMS)] = Field(
        default=[], description="A term that stays as it is; once for each."
    )


class WarningShown(BaseModel):
    """What a reader of the translation should know."""

    message: str
    count: int = Field(description="How many passages it is about.")


class DocumentError(BaseModel):
    """Why there is no result."""

    code: str = Field(examples=["broken_document"])
    message: str
    detail: Any = None


class DocumentShown(BaseModel):
    """A document on its way."""

    document_id: str
    filename: str
    format: str = Field(examples=["docx"])
    status: JobState = Field(description="queued, translating, done or error.")
    source_language: str = Field(
        description='As asked for until the document has been read, then as used; "" where it has no words.'
    )
    target_language: str = Field(description="As asked for until the document has been read, then as used.")
    model_type: str | None = Field(description="The tier that was asked for; null is the server's default.")
    characters: int = Field(description="Code points of all its text; 0 until it has been read.")
    characters_done: int = Field(description="Those that are translated.")
    seconds_remaining: float | None = Field(description="From the speed so far; null while that is unknown.")
    warnings: list[WarningShown]
    notes: list[str] = Field(description="What was left as it is though it has words, and what else is to be known.")
    error: DocumentError | None
    created: datetime
    ended: datetime | None = Field(description="When it was done or failed.")
    expires: datetime | None = Field(description="When it will be forgotten; null while it is not over.")


class DocumentsShown(BaseModel):
    """Every document of a caller, oldest first."""

    documents: list[DocumentShown]


class FormatShown(BaseModel):
    """A format that is read and written."""

    name: str = Field(examples=["docx"])
    media_type: str
    extensions: list[str]


class FormatsShown(BaseModel):
    """Every format."""

    formats: list[FormatShown]
