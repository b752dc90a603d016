"""The native dialect's glossaries: make, list, change, read and delete one's own; parse, store, render."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app.api.context import Serving
from app.api.schemas.glossaries import (
    DictionaryShown,
    EntriesShown,
    GlossariesShown,
    GlossaryChange,
    GlossaryShown,
    NewDictionary,
    NewGlossary,
)
from app.api.schemas.native import Code
from app.auth import Caller, GuardedRoute, require
from app.glossaries.glossary import (
    Dictionary,
    DictionaryInfo,
    Glossary,
    GlossaryInvalid,
    GlossaryNotFound,
    make_dictionary,
)
from app.glossaries.parsing import EntriesFormat, read_entries, write_entries
from app.glossaries.store import GlossaryStore

_ALLOWED = require("translate")

router = APIRouter(
    prefix="/glossaries", tags=["glossaries"], dependencies=[Depends(_ALLOWED)], route_class=GuardedRoute
)

Calling = Annotated[Caller, Depends(_ALLOWED)]
_MEDIA = {"tsv": "text/tab-separated-values; charset=utf-8", "csv": "text/csv; charset=utf-8"}
_LINES = {"text/tab-separated-values": {"schema": {"type": "string"}}, "text/csv": {"schema": {"type": "string"}}}


@router.post("", status_code=201)
async def create(new: NewGlossary, serving: Serving, caller: Calling) -> GlossaryShown:
    """Keep a glossary; it is its API key's own, or everybody's where the server has no keys."""

    def work(store: GlossaryStore) -> Glossary:
        return store.create(caller.owner, new.name, _dictionaries(new.dictionaries, store))

    return _shown(await serving.library.run(work))


@router.get("")
async def listed(serving: Serving, caller: Calling) -> GlossariesShown:
    """List the caller's glossaries."""
    glossaries = await serving.library.run(lambda store: store.list(caller.sees))
    return GlossariesShown(glossaries=[_shown(one) for one in glossaries])


@router.get("/{glossary_id}")
async def get(glossary_id: str, serving: Serving, caller: Calling) -> GlossaryShown:
    """Describe one glossary."""
    return _shown(await serving.library.run(lambda store: store.get(glossary_id, caller.sees)))


@router.patch("/{glossary_id}")
async def change(glossary_id: str, wanted: GlossaryChange, serving: Serving, caller: Calling) -> GlossaryShown:
    """Rename a glossary, add entries, add dictionaries; the next request that uses it sees the change."""

    def work(store: GlossaryStore) -> Glossary:
        merged = _dictionaries(wanted.dictionaries, store)
        return store.change(glossary_id, caller.sees, name=wanted.name, merged=merged)

    return _shown(await serving.library.run(work))


@router.delete("/{glossary_id}", status_code=204)
async def delete(glossary_id: str, serving: Serving, caller: Calling) -> None:
    """Forget a glossary."""
    await serving.library.run(lambda store: store.delete(glossary_id, caller.sees))


@router.get("/{glossary_id}/entries", response_model=EntriesShown, responses={200: {"content": _LINES}})
async def entries(
    glossary_id: str,
    serving: Serving,
    caller: Calling,
    source_language: Annotated[Code | None, Query()] = None,
    target_language: Annotated[Code | None, Query()] = None,
    form: Annotated[EntriesFormat | None, Query(alias="format", description="JSON where absent.")] = None,
) -> EntriesShown | Response:
    """Return a dictionary's entries; the languages may be left out where the glossary has just one dictionary."""

    def work(store: GlossaryStore) -> EntriesShown:
        info = _chosen(store.get(glossary_id, caller.sees), source_language, target_language)
        found = store.entries(glossary_id, caller.sees, info.source, info.target)
        return EntriesShown(**_dictionary_shown(info).model_dump(), entries=dict(found))

    shown = await serving.library.run(work)
    return Response(write_entries(shown.entries, form), media_type=_MEDIA[form]) if form else shown


def _dictionaries(new: Sequence[NewDictionary], store: GlossaryStore) -> list[Dictionary]:
    return [
        make_dictionary(one.source_language, one.target_language, _pairs(one), most=store.most_entries) for one in new
    ]


def _pairs(new: NewDictionary) -> list[tuple[str, str]]:
    if isinstance(new.entries, str):
        return read_entries(new.entries, new.entries_format)
    return list(new.entries.items())


def _chosen(glossary: Glossary, source: str | None, target: str | None) -> DictionaryInfo:
    if source is None or target is None:
        if len(glossary.dictionaries) != 1:
            raise GlossaryInvalid("Say which dictionary: source_language and target_language.")
        return glossary.dictionaries[0]
    try:
        info = glossary.serving(source, target)
    except ValueError:
        info = None
    if info is None:
        raise GlossaryNotFound(f"Glossary {glossary.id} has no dictionary for {source} to {target}.")
    return info


def _shown(glossary: Glossary) -> GlossaryShown:
    return GlossaryShown(
        glossary_id=glossary.id,
        name=glossary.name,
        creation_time=glossary.created,
        dictionaries=[_dictionary_shown(one) for one in glossary.dictionaries],
    )


def _dictionary_shown(info: DictionaryInfo) -> DictionaryShown:
    return DictionaryShown(source_language=info.source, target_language=info.target, entry_count=info.entry_count)
