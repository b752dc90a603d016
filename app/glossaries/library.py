"""What a request says about words, out of the store and compiled once; calls the store off the event loop."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from app.glossaries.glossary import Glossary, GlossaryMismatch
from app.glossaries.store import GlossaryStore
from app.glossaries.terms import NO_TERMS, Terms, TermTable

T = TypeVar("T")

_REMEMBERED_TERMS = 200_000
"""Of compiled tables; about 300 bytes a term."""

_Key = tuple[str, int, str, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """What a request says about words, whatever pair its texts turn out to be in.

    own: terms of the request itself, which win. stored: a glossary, and `library`, which has its entries.
    """

    own: TermTable | None = None
    stored: Glossary | None = None
    library: Library | None = None

    async def terms(self, source: str, target: str, *, required: bool) -> Terms:
        """Return what is to be found in texts of this pair. Raises GlossaryMismatch where a dictionary is required.

        Where it is not, since the language was detected, texts of other pairs go without; see `lacks`.
        """
        tables = [self.own] if self.own else []
        if self.stored is not None and self.library is not None:
            info = self.stored.serving(source, target)
            if info is not None:
                tables.append(await self.library.table(self.stored, info.source, info.target))
            elif required:
                raise _mismatch(self.stored, source, target)
        return Terms(tuple(tables), target) if tables else NO_TERMS

    def lacks(self, source: str, target: str) -> bool:
        """Whether a stored glossary is wanted that has nothing for this pair."""
        return self.stored is not None and self.stored.serving(source, target) is None


NO_WORDING = Wording()


class Library:
    """The store and its compiled dictionaries, which are remembered until they change."""

    def __init__(self, store: GlossaryStore) -> None:
        self.store = store
        self._tables: OrderedDict[_Key, TermTable] = OrderedDict()

    async def run(self, work: Callable[[GlossaryStore], T]) -> T:
        """Do something with the store off the event loop."""
        return await asyncio.to_thread(work, self.store)

    async def wording(
        self, *, glossary_id: str | None, owner: str | None, entries: Mapping[str, str], kept: tuple[str, ...]
    ) -> Wording:
        """Read and compile what a request names. Raises GlossaryNotFound, GlossaryStoreFailed."""
        if glossary_id is None and not entries and not kept:
            return NO_WORDING
        own = await asyncio.to_thread(TermTable, entries, kept) if entries or kept else None
        if glossary_id is None:
            return Wording(own)
        return Wording(own, await asyncio.to_thread(self.store.get, glossary_id, owner), self)

    async def table(self, glossary: Glossary, source: str, target: str) -> TermTable:
        """Return a compiled dictionary. Two at once may compile the same one twice, which does no harm."""
        key = (glossary.id, glossary.version, source, target)
        table = self._tables.pop(key, None)
        if table is None:
            table = await asyncio.to_thread(lambda: TermTable(self.store.entries(glossary.id, None, source, target)))
        self._tables[key] = table
        while len(self._tables) > 1 and sum(map(len, self._tables.values())) > _REMEMBERED_TERMS:
            self._tables.popitem(last=False)
        return table


def _mismatch(glossary: Glossary, source: str, target: str) -> GlossaryMismatch:
    pairs = [f"{one.source} to {one.target}" for one in glossary.dictionaries]
    return GlossaryMismatch(
        f"Glossary {glossary.id} has no dictionary for {source} to {target}; it has: {', '.join(pairs) or 'none'}.",
        detail={"source": source, "target": target},
    )
