"""What texts and documents may ask for alike: options that are refused, and glossaries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.api.context import Context
from app.api.deepl.problems import OptionRefused
from app.api.schemas.deepl import DeeplWishes
from app.glossaries.glossary import GlossaryInvalid, GlossaryMismatch
from app.glossaries.store import GlossaryStore


@dataclass(frozen=True, slots=True)
class GlossaryTerms:
    """A glossary by its id, or terms themselves."""

    glossary_id: str | None
    entries: Mapping[str, str] = field(default_factory=dict)


def check_options(wanted: DeeplWishes) -> None:
    """Raise OptionRefused for what would change the translation and cannot be honoured."""
    if wanted.formality in {"more", "less"}:
        raise OptionRefused(
            f"formality {wanted.formality!r} is not supported for any target_lang here. "
            f"Leave it out, or send 'prefer_{wanted.formality}'."
        )
    if wanted.style_id is not None:
        raise OptionRefused("There are no style rules here. Leave style_id out.")
    if wanted.translation_memory_id is not None:
        raise OptionRefused("There are no translation memories here. Leave translation_memory_id out.")


async def terms_of(wanted: DeeplWishes, asking: Context) -> GlossaryTerms:
    """Return the glossary to use, or the terms of several, joined.

    Raises GlossaryInvalid, GlossaryMismatch, GlossaryNotFound, GlossaryStoreFailed.
    """
    ids = _glossary_ids(wanted)
    if len(ids) < 2:
        return GlossaryTerms(ids[0] if ids else None)
    pair = wanted.source_lang or "", wanted.target_lang
    owner = asking.caller.sees
    return GlossaryTerms(None, await asking.services.library.run(lambda store: _joined(store, ids, owner, pair)))


def _glossary_ids(wanted: DeeplWishes) -> list[str]:
    """Return the glossaries asked for, in order. Raises GlossaryInvalid for what DeepL does not take either."""
    if wanted.glossary_id is not None and wanted.glossary_ids:
        raise GlossaryInvalid("Send glossary_id or glossary_ids, not both.")
    ids = wanted.glossary_ids if wanted.glossary_id is None else [wanted.glossary_id]
    if ids and wanted.source_lang is None:
        raise GlossaryInvalid("A glossary needs source_lang: say which language the texts are in.")
    return ids


def _joined(store: GlossaryStore, ids: list[str], owner: str | None, pair: tuple[str, str]) -> dict[str, str]:
    """Return the terms of several glossaries for a pair; the first that has a term decides."""
    terms: dict[str, str] = {}
    for one in ids:
        info = store.get(one, owner).serving(*pair)
        if info is None:
            raise GlossaryMismatch(f"Glossary {one} has no dictionary for {pair[0]} to {pair[1]}.")
        terms = {**store.entries(one, owner, info.source, info.target), **terms}
    return terms
