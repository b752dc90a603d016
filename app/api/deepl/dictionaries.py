"""What both versions of DeepL's glossaries have in common: reading entries, writing times."""

from __future__ import annotations

from collections.abc import Sequence

from app.api.schemas.deepl import NewDeeplDictionary
from app.glossaries.glossary import Dictionary, Glossary, make_dictionary
from app.glossaries.parsing import read_entries
from app.glossaries.store import GlossaryStore


def dictionaries_of(new: Sequence[NewDeeplDictionary], store: GlossaryStore) -> list[Dictionary]:
    """Read and check what is to be kept. Raises GlossaryInvalid."""
    return [
        make_dictionary(
            one.source_lang, one.target_lang, read_entries(one.entries, one.entries_format), most=store.most_entries
        )
        for one in new
    ]


def creation_time(glossary: Glossary) -> str:
    """Write the time as the clients parse it, which want a fraction of the second even where it is 0."""
    return glossary.created.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
