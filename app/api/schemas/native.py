"""Wire models of the native dialect: the older system's field names, with lists where texts are lists."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.text.segmentation import Split


class TextFormat(StrEnum):
    """How a text is marked up."""

    TEXT = "text"
    HTML = "html"
    XML = "xml"
    MARKDOWN = "markdown"


def _encodable(text: str) -> str:
    """Refuse lone surrogates, which JSON can smuggle in: they are no characters and no encoding can carry them."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"character {error.start} is a lone surrogate, which is no text") from None
    return text


Text = Annotated[str, AfterValidator(_encodable)]
Code = Annotated[str, Field(min_length=1, max_length=35)]
Term = Annotated[str, AfterValidator(_encodable), Field(min_length=1, max_length=1024)]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=256)]], Field(max_length=256)]
_MOST_TERMS = 10_000


class HowToTranslate(BaseModel):
    """All that a request for a translation may say beside its text."""

    model_config = ConfigDict(extra="forbid")

    source_language: Code = Field(default="auto", description='BCP 47 code, or "auto" to detect each text.')
    target_language: Code = Field(description="BCP 47 code.", examples=["pt"])
    model_type: str | None = Field(default=None, description="Tier; the configured default where absent.")
    format: TextFormat = Field(default=TextFormat.TEXT, description="How the text is marked up; markup comes back.")
    ignore_tags: Tags = Field(default=[], description="Elements of HTML or XML that stay as they are.")
    splitting_tags: Tags = Field(default=[], description="Elements that end a sentence.")
    non_splitting_tags: Tags = Field(default=[], description="Elements that never do.")
    outline_detection: bool = Field(
        default=True, description="XML: tell from where elements stand which of them end sentences."
    )
    split_sentences: Split = Field(
        default=Split.SENTENCES,
        description='"1": at ends of sentences and lines; "nonewlines": a single line break is a space; "0": never.',
    )
    glossary_id: str | None = Field(default=None, max_length=64, description="A glossary of POST /glossaries.")
    glossary: dict[Term, Term] = Field(
        default={},
        max_length=_MOST_TERMS,
        description="Source term -> target term, for this request. These win over those of `glossary_id`.",
        examples=[{"house": "moradia"}],
    )
    do_not_translate: list[Term] = Field(
        default=[], max_length=_MOST_TERMS, description="Terms that stay as they are.", examples=[["Acme"]]
    )


class TranslateRequest(HowToTranslate):
    """One text or a list of texts in one language pair."""

    text: Text | Annotated[list[Text], Field(min_length=1, fail_fast=True)] = Field(
        description="A text of any length up to the limits, or a list of texts.",
        examples=["The weather is nice today. Shall we walk?"],
    )


class StreamRequest(HowToTranslate):
    """One text, to be sent back as it is translated."""

    text: Text = Field(
        description="A text of any length up to the limits.", examples=["The weather is nice today. Shall we walk?"]
    )


class TranslateResponse(BaseModel):
    """The translation. Where `text` was a list, each field marked so is a list in the same order."""

    original_text: str | list[str]
    translated_text: str | list[str] = Field(description="List for a list.")
    source_language: str | list[str] = Field(description="The code that was used, detected or given. List for a list.")
    target_language: str = Field(description="The code that was used.")
    model_type: str = Field(description="The tier that was asked for.")
    tier_used: str | list[str] = Field(
        description="The tier that answered: another one where the configuration names a fallback; warnings say why. "
        "List for a list."
    )
    model_used: str | list[str] = Field(
        description='Checkpoint reference # short digest : compute type, or "none" where nothing had to be translated '
        '(blank text, or already in the target language). Two joined by " > " where it went over a pivot. '
        "List for a list.",
        examples=["embedded/en-pt#0123456789ab:int8_float32"],
    )
    route: list[str] | list[list[str]] = Field(
        description="Languages on the way, first the source and last the target: two where one checkpoint served the "
        "pair, three where it went over a pivot, none where nothing had to be translated. List of lists for a list.",
        examples=[["pt", "en", "es"]],
    )
    confidence_score: float | list[float] = Field(
        description="Geometric mean of the model's own probabilities over the target tokens, from 0 to 1; "
        "1 where nothing was translated; over a pivot the product of both. Comparable within one route only. "
        "List for a list."
    )
    processing_time_ms: int
    from_cache: bool = Field(description="All of it was translated for an earlier request.")
    warnings: list[str] = Field(default=[], description="What a reader of the translation should know.")


class BatchResponse(BaseModel):
    """Answers in the order of the requests."""

    results: list[TranslateResponse]


class DetectRequest(BaseModel):
    """A text whose language is to be identified."""

    model_config = ConfigDict(extra="forbid")

    text: Text = Field(min_length=1)


class Candidate(BaseModel):
    """A language and how probable it is."""

    language: str
    confidence: float


class DetectResponse(BaseModel):
    """The language among those that this server reads."""

    language: str
    confidence: float = Field(description="Probability among the languages served, from 0 to 1.")
    candidates: list[Candidate] = Field(description="Most probable first.")


class Language(BaseModel):
    """A language and what it can be translated to, directly or over a pivot."""

    code: str
    name: str
    targets: list[str]
    pivoted: dict[str, str] = Field(
        default={},
        description="Those of the targets that no tier reaches with one checkpoint: target -> the language on the way.",
        examples=[{"es": "en"}],
    )


class Model(BaseModel):
    """A tier as clients may choose it."""

    name: str
    description: str
    languages: list[str]
    pivoted: dict[str, dict[str, str]] = Field(
        default={},
        description="Pairs that take two checkpoints: source -> target -> the language on the way.",
        examples=[{"pt": {"es": "en"}}],
    )
    checkpoints: list[str]
    beam_size: int
    max_length: int = Field(description="Tokens per segment; longer sentences are split, never cut.")
    default: bool


class ModelsResponse(BaseModel):
    """Tiers by name."""

    available_models: dict[str, Model]
