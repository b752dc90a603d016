"""`/v2/glossaries`: glossaries of one pair. Those that have more or none are of the third version alone."""

from __future__ import annotations

from fastapi import Response

from app.api.context import Serving
from app.api.deepl.codes import source_code
from app.api.deepl.dictionaries import creation_time, dictionaries_of
from app.api.deepl.models import pairs_of
from app.api.deepl.routing import Calling, deepl_router
from app.api.schemas.deepl import DeeplGlossaries, DeeplGlossary, DeeplPair, DeeplPairs, NewDeeplGlossary
from app.glossaries.glossary import DictionaryInfo, Glossary, GlossaryNotFound
from app.glossaries.parsing import write_entries
from app.glossaries.store import GlossaryStore

router = deepl_router("/v2")

_TSV = "text/tab-separated-values"


@router.get("/glossary-language-pairs")
async def glossary_pairs(serving: Serving) -> DeeplPairs:
    """List the pairs that glossaries can be used for: all."""
    pairs = sorted(
        {(source_code(source).lower(), source_code(target).lower()) for source, target in pairs_of(serving.tiers)}
    )
    return DeeplPairs(
        supported_languages=[DeeplPair(source_lang=source, target_lang=target) for source, target in pairs]
    )


@router.post("/glossaries", status_code=201)
async def create_glossary(new: NewDeeplGlossary, serving: Serving, caller: Calling) -> DeeplGlossary:
    """Keep a glossary."""

    def work(store: GlossaryStore) -> Glossary:
        return store.create(caller.owner, new.name, dictionaries_of([new], store))

    return _shown(await serving.library.run(work))


@router.get("/glossaries")
async def list_glossaries(serving: Serving, caller: Calling) -> DeeplGlossaries:
    """List the caller's glossaries of one pair."""
    found = await serving.library.run(lambda store: store.list(caller.sees))
    return DeeplGlossaries(glossaries=[_shown(one) for one in found if len(one.dictionaries) == 1])


@router.get("/glossaries/{glossary_id}")
async def get_glossary(glossary_id: str, serving: Serving, caller: Calling) -> DeeplGlossary:
    """Describe one glossary."""
    return _shown(await serving.library.run(lambda store: store.get(glossary_id, caller.sees)))


@router.delete("/glossaries/{glossary_id}", status_code=204)
async def delete_glossary(glossary_id: str, serving: Serving, caller: Calling) -> None:
    """Forget a glossary."""

    def work(store: GlossaryStore) -> None:
        _only(store.get(glossary_id, caller.sees))
        store.delete(glossary_id, caller.sees)

    await serving.library.run(work)


@router.get(
    "/glossaries/{glossary_id}/entries",
    response_class=Response,
    responses={200: {"content": {_TSV: {"schema": {"type": "string"}}}}},
)
async def get_glossary_entries(glossary_id: str, serving: Serving, caller: Calling) -> Response:
    """Return the entries as tab-separated lines."""

    def work(store: GlossaryStore) -> str:
        one = _only(store.get(glossary_id, caller.sees))
        return write_entries(store.entries(glossary_id, caller.sees, one.source, one.target), "tsv")

    return Response(await serving.library.run(work), media_type=f"{_TSV}; charset=utf-8")


def _only(glossary: Glossary) -> DictionaryInfo:
    if len(glossary.dictionaries) != 1:
        raise GlossaryNotFound(
            f"Glossary {glossary.id} has {len(glossary.dictionaries)} dictionaries; "
            "/v2/glossaries knows those with one. Use /v3/glossaries."
        )
    return glossary.dictionaries[0]


def _shown(glossary: Glossary) -> DeeplGlossary:
    one = _only(glossary)
    return DeeplGlossary(
        glossary_id=glossary.id,
        name=glossary.name,
        ready=True,
        source_lang=one.source.lower(),
        target_lang=one.target.lower(),
        creation_time=creation_time(glossary),
        entry_count=one.entry_count,
    )
