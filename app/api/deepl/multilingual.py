"""`/v3/glossaries`: glossaries with a dictionary for each of several pairs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from app.api.context import Serving
from app.api.deepl.dictionaries import creation_time, dictionaries_of
from app.api.deepl.routing import Calling, deepl_router
from app.api.schemas.deepl import (
    DeeplDictionaries,
    DeeplDictionary,
    DeeplEntries,
    Multilingual,
    MultilingualChange,
    Multilinguals,
    NewDeeplDictionary,
    NewMultilingual,
)
from app.api.schemas.native import Code
from app.glossaries.glossary import DictionaryInfo, Glossary
from app.glossaries.parsing import write_entries
from app.glossaries.store import GlossaryStore
from app.languages import normalise

router = deepl_router("/v3/glossaries")


async def _pair(source_lang: Annotated[Code, Query()], target_lang: Annotated[Code, Query()]) -> tuple[str, str]:
    return normalise(source_lang), normalise(target_lang)


Pair = Annotated[tuple[str, str], Depends(_pair)]


@router.post("", status_code=201)
async def create_multilingual(new: NewMultilingual, serving: Serving, caller: Calling) -> Multilingual:
    """Keep a glossary."""

    def work(store: GlossaryStore) -> Glossary:
        return store.create(caller.owner, new.name, dictionaries_of(new.dictionaries, store))

    return _shown(await serving.library.run(work))


@router.get("")
async def list_multilingual(serving: Serving, caller: Calling) -> Multilinguals:
    """List the caller's glossaries."""
    found = await serving.library.run(lambda store: store.list(caller.sees))
    return Multilinguals(glossaries=[_shown(one) for one in found])


@router.get("/{glossary_id}")
async def get_multilingual(glossary_id: str, serving: Serving, caller: Calling) -> Multilingual:
    """Describe one glossary."""
    return _shown(await serving.library.run(lambda store: store.get(glossary_id, caller.sees)))


@router.patch("/{glossary_id}")
async def change_multilingual(
    glossary_id: str, wanted: MultilingualChange, serving: Serving, caller: Calling
) -> Multilingual:
    """Rename a glossary, add entries, add dictionaries."""

    def work(store: GlossaryStore) -> Glossary:
        merged = dictionaries_of(wanted.dictionaries, store)
        return store.change(glossary_id, caller.sees, name=wanted.name, merged=merged)

    return _shown(await serving.library.run(work))


@router.delete("/{glossary_id}", status_code=204)
async def delete_multilingual(glossary_id: str, serving: Serving, caller: Calling) -> None:
    """Forget a glossary."""
    await serving.library.run(lambda store: store.delete(glossary_id, caller.sees))


@router.put("/{glossary_id}/dictionaries")
async def replace_dictionary(
    glossary_id: str, new: NewDeeplDictionary, serving: Serving, caller: Calling
) -> DeeplDictionary:
    """Put a dictionary in the place of the one of its pair, or beside the others."""

    def work(store: GlossaryStore) -> DictionaryInfo:
        (dictionary,) = dictionaries_of([new], store)
        store.replace_dictionary(glossary_id, caller.sees, dictionary)
        return DictionaryInfo(dictionary.source, dictionary.target, len(dictionary.entries))

    return _dictionary(await serving.library.run(work))


@router.delete("/{glossary_id}/dictionaries", status_code=204)
async def delete_dictionary(glossary_id: str, pair: Pair, serving: Serving, caller: Calling) -> None:
    """Forget the dictionary of a pair."""
    await serving.library.run(lambda store: store.delete_dictionary(glossary_id, caller.sees, *pair))


@router.get("/{glossary_id}/entries")
async def get_entries(glossary_id: str, pair: Pair, serving: Serving, caller: Calling) -> DeeplDictionaries:
    """Return the entries of a pair."""
    found = await serving.library.run(lambda store: store.entries(glossary_id, caller.sees, *pair))
    source, target = pair
    lines = write_entries(found, "tsv")
    return DeeplDictionaries(dictionaries=[DeeplEntries(source_lang=source, target_lang=target, entries=lines)])


def _shown(glossary: Glossary) -> Multilingual:
    return Multilingual(
        glossary_id=glossary.id,
        name=glossary.name,
        creation_time=creation_time(glossary),
        dictionaries=[_dictionary(one) for one in glossary.dictionaries],
    )


def _dictionary(info: DictionaryInfo) -> DeeplDictionary:
    return DeeplDictionary(
        source_lang=info.source.lower(), target_lang=info.target.lower(), entry_count=info.entry_count
    )
