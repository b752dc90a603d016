"""Wire models of the native dialect's glossaries."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.native import Code, Text
from app.glossaries.parsing import EntriesFormat


class NewDictionary(BaseModel):
    """The terms of one language in another."""

    model_config = ConfigDict(extra="forbid")

    source_language: Code = Field(examples=["en"])
    target_language: Code = Field(examples=["pt"])
    entries: dict[Text, Text] | Text = Field(
        description="Source term -> target term; or lines of them, see entries_format.", examples=[{"house": "moradia"}]
    )
    entries_format: EntriesFormat = Field(default="tsv", description="Of entries that are a text.")


class NewGlossary(BaseModel):
    """A glossary to keep."""

    model_config = ConfigDict(extra="forbid")

    name: Text = Field(examples=["Real estate"])
    dictionaries: list[NewDictionary] = Field(min_length=1, max_length=500)


class GlossaryChange(BaseModel):
    """A new name, and entries to add; those that are there already are overwritten."""

    model_config = ConfigDict(extra="forbid")

    name: Text | None = None
    dictionaries: list[NewDictionary] = Field(default=[], max_length=500)


class DictionaryShown(BaseModel):
    """A dictionary without its entries."""

    source_language: str
    target_language: str
    entry_count: int


class GlossaryShown(BaseModel):
    """A glossary without its entries."""

    glossary_id: str
    name: str
    creation_time: datetime
    dictionaries: list[DictionaryShown]


class GlossariesShown(BaseModel):
    """Every glossary of a caller, oldest first."""

    glossaries: list[GlossaryShown]


class EntriesShown(DictionaryShown):
    """A dictionary with its entries."""

    entries: dict[str, str]
