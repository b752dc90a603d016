"""Wire models of LibreTranslate's dialect."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.api.schemas.native import Code, Text

MOST_ALTERNATIVES = 10

Texts = Text | Annotated[list[Text], Field(min_length=1, fail_fast=True)]


class TranslateForm(BaseModel):
    """What POST /translate takes. Fields that are not known are ignored, as LibreTranslate does."""

    q: Texts = Field(description="A text or a list of texts; form fields may be repeated.")
    source: Code = Field(description='Language code, or "auto" to detect each text.')
    target: Code
    format: Literal["text", "html"] = "text"
    alternatives: int = Field(default=0, le=MOST_ALTERNATIVES, description="Other translations wanted of each text.")


class FileForm(BaseModel):
    """What POST /translate_file takes beside the field `file`."""

    source: Code = Field(description='Language code, or "auto".')
    target: Code


class TranslatedFile(BaseModel):
    """Where a translated document is."""

    translatedFileUrl: str = Field(description="Whoever has it can fetch the document.")  # noqa: N815


class DetectForm(BaseModel):
    """What POST /detect takes."""

    q: Texts


class Detected(BaseModel):
    """A language and how sure that is. 0 where it cannot be told."""

    confidence: float = Field(ge=0, le=100)
    language: str


class Translated(BaseModel):
    """The translation; each field is a list where `q` was one."""

    translatedText: str | list[str]  # noqa: N815 - LibreTranslate's name
    detectedLanguage: Detected | list[Detected] | None = None  # noqa: N815
    alternatives: list[str] | list[list[str]] | None = None


class Choice(BaseModel):
    """A language as the page offers it."""

    code: str
    name: str


class Choices(BaseModel):
    """What the page begins with."""

    source: Choice
    target: Choice


class FrontendSettings(BaseModel):
    """What clients may want to know of the server."""

    charLimit: int  # noqa: N815
    frontendTimeout: int = Field(description="Milliseconds a page waits for more input.")  # noqa: N815
    apiKeys: bool  # noqa: N815
    keyRequired: bool  # noqa: N815
    suggestions: bool
    filesTranslation: bool  # noqa: N815
    supportedFilesFormat: list[str]  # noqa: N815
    language: Choices


class Failure(BaseModel):
    """What went wrong."""

    error: str = Field(examples=["q: Field required"])
