"""Wire models of the DeepL dialect, as its official clients send and read them; unknown fields are passed over."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import UploadFile
from pydantic import BaseModel, BeforeValidator, Field

from app.api.schemas.native import Code, Tags, Text
from app.glossaries.parsing import EntriesFormat
from app.jobs import JobState
from app.text.segmentation import Split

ModelType = Literal["latency_optimized", "quality_optimized", "prefer_quality_optimized"]
ModelTypeUsed = Literal["latency_optimized", "quality_optimized"]
Formality = Literal["default", "more", "less", "prefer_more", "prefer_less"]

_OrOne = str | list[str]


def _listed(value: Any) -> Any:  # noqa: ANN401 - whatever came
    return [value] if isinstance(value, str) else value


def _split_at_commas(value: Any) -> Any:  # noqa: ANN401 - whatever came
    parts = _listed(value)
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return value
    return [word.strip() for part in parts for word in part.split(",") if word.strip()]


def _spelled_out(value: Any) -> Any:  # noqa: ANN401 - whatever came
    return str(int(value)) if isinstance(value, int) else value


Texts = Annotated[list[Text], Field(min_length=1, fail_fast=True), BeforeValidator(_listed, _OrOne)]
Names = Annotated[Tags, BeforeValidator(_split_at_commas, _OrOne)]
Ids = Annotated[list[str], Field(max_length=5), BeforeValidator(_split_at_commas, _OrOne)]
Splitting = Annotated[Split, BeforeValidator(_spelled_out, str | int | bool)]


class DeeplError(BaseModel):
    """What went wrong, for people (`message`) and for programs (`detail`, a code)."""

    message: str
    detail: str


class DeeplWishes(BaseModel):
    """What texts and documents have in common."""

    target_lang: Code = Field(examples=["PT-BR"])
    source_lang: Code | None = Field(default=None, description="Each text's is detected where absent.", examples=["EN"])
    formality: Formality | None = Field(
        default=None, description="`more` and `less` are refused; the others do nothing."
    )
    glossary_id: str | None = Field(default=None, max_length=64)
    glossary_ids: Ids = Field(default=[], description="The first that has a term decides.")
    style_id: str | None = Field(default=None, description="Refused.")
    translation_memory_id: str | None = Field(default=None, description="Refused.")


class DeeplTexts(DeeplWishes):
    """Texts to translate."""

    text: Texts = Field(examples=[["Hello, world!"]])
    context: Text | None = Field(default=None, description="Neither translated nor billed; it changes nothing here.")
    split_sentences: Splitting | None = Field(
        default=None, description='"1", "nonewlines" (the default with tag_handling html) or "0".'
    )
    preserve_formatting: bool = Field(default=False, description="Formatting is preserved in any case.")
    tag_handling: Literal["html", "xml"] | None = None
    tag_handling_version: Literal["v1", "v2"] | None = Field(default=None, description="There is one version here.")
    outline_detection: bool = True
    ignore_tags: Names = []
    splitting_tags: Names = []
    non_splitting_tags: Names = []
    model_type: ModelType | None = None
    show_billed_characters: bool = False
    custom_instructions: Annotated[list[str], BeforeValidator(_listed, _OrOne)] = Field(
        default=[], description="Refused."
    )


class DeeplTranslation(BaseModel):
    """One translation. `warnings` is ours: what a reader should know, where there is anything."""

    detected_source_language: str = Field(examples=["EN"])
    text: str
    billed_characters: int | None = Field(default=None, description="Code points of the text, where asked for.")
    model_type_used: ModelTypeUsed | None = Field(default=None, description="Where a model type was asked for.")
    warnings: list[str] | None = None


class DeeplTranslations(BaseModel):
    """Translations in the order of the texts."""

    translations: list[DeeplTranslation]


class NewDeeplDocument(DeeplWishes):
    """A form with a file."""

    file: UploadFile = Field(description="The document; the extension of its name says which format it is in.")
    filename: str | None = Field(default=None, description="Instead of the file's own name.")
    output_format: str | None = Field(default=None, description="Refused where it is not the format of the file.")


class DeeplHandle(BaseModel):
    """What it takes to ask for a document; the key is told this once."""

    document_id: str = Field(description="32 hexadecimal digits.")
    document_key: str = Field(description="64 hexadecimal digits.")


class DeeplKey(BaseModel):
    """The key of a document."""

    document_key: str = Field(max_length=256)


class DeeplStatus(BaseModel):
    """How far a document is."""

    document_id: str
    status: JobState
    seconds_remaining: int | None = Field(default=None, description="While it is translated, once that is known.")
    billed_characters: int | None = Field(default=None, description="Code points of its text, once it is done.")
    error_message: str | None = Field(default=None, description="Why there is no result.")
    message: str | None = Field(default=None, description="The same, as DeepL's documentation has it.")


class DeeplLanguage(BaseModel):
    """A language in DeepL's code."""

    language: str = Field(examples=["PT-BR"])
    name: str = Field(examples=["Portuguese (Brazil)"])
    supports_formality: bool | None = Field(default=None, description="Of targets; no checkpoint does.")


class DeeplUsage(BaseModel):
    """Characters of the key's day. Without a quota nothing is counted, and the limit is DeepL's for unlimited keys."""

    character_count: int
    character_limit: int


class DeeplPair(BaseModel):
    """A pair that glossaries can be used for."""

    source_lang: str = Field(examples=["en"])
    target_lang: str = Field(examples=["pt"])


class DeeplPairs(BaseModel):
    """Every pair."""

    supported_languages: list[DeeplPair]


class NewDeeplDictionary(BaseModel):
    """The terms of one language in another, as lines."""

    source_lang: Code = Field(examples=["en"])
    target_lang: Code = Field(examples=["pt"])
    entries: Text = Field(examples=["house\tmoradia"])
    entries_format: EntriesFormat = "tsv"


class NewDeeplGlossary(NewDeeplDictionary):
    """A glossary of one pair."""

    name: Text


class DeeplGlossary(BaseModel):
    """A glossary of one pair, without its entries."""

    glossary_id: str
    name: str
    ready: bool
    source_lang: str
    target_lang: str
    creation_time: str = Field(examples=["2026-01-31T12:00:00.000000Z"])
    entry_count: int


class DeeplGlossaries(BaseModel):
    """Every glossary of one pair, oldest first."""

    glossaries: list[DeeplGlossary]


class NewMultilingual(BaseModel):
    """A glossary of several pairs."""

    name: Text
    dictionaries: list[NewDeeplDictionary] = Field(min_length=1, max_length=500)


class MultilingualChange(BaseModel):
    """A new name, and entries to add; those that are there already are overwritten."""

    name: Text | None = None
    dictionaries: list[NewDeeplDictionary] = Field(default=[], max_length=500)


class DeeplDictionary(DeeplPair):
    """A dictionary without its entries."""

    entry_count: int


class Multilingual(BaseModel):
    """A glossary of several pairs, without its entries."""

    glossary_id: str
    name: str
    creation_time: str = Field(examples=["2026-01-31T12:00:00.000000Z"])
    dictionaries: list[DeeplDictionary]


class Multilinguals(BaseModel):
    """Every glossary, oldest first."""

    glossaries: list[Multilingual]


class DeeplEntries(DeeplPair):
    """A dictionary's entries, as lines."""

    entries: str
    entries_format: Literal["tsv"] = "tsv"


class DeeplDictionaries(BaseModel):
    """The dictionary that was asked for."""

    dictionaries: list[DeeplEntries]
