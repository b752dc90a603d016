"""A vocabulary map: what it allows, and `vmap.txt` as CTranslate2 reads it. Pure but for reading and writing.

TAB always allowed          pieces with spaces between them
source pieces TAB allowed   one piece or several that follow one another
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from model_pool.catalog.vocabulary import VOCABULARY_MAP_NAME

Pieces = Sequence[str]
Entries = dict[tuple[str, ...], tuple[str, ...]]
"""Source pieces that follow one another -> target pieces, best first."""


@dataclass(frozen=True, slots=True)
class VocabularyMap:
    """always: for every source. entries: what one or several source pieces allow besides."""

    always: tuple[str, ...]
    entries: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    longest: int = field(init=False)

    def __post_init__(self) -> None:
        # Once: a map of a phrasebook is asked 100,000 times, and has 50,000 entries.
        object.__setattr__(self, "longest", max(map(len, self.entries), default=0))

    def allowed(self, source: Pieces) -> set[str]:
        """Return the target pieces that a source allows."""
        found = set(self.always)
        for size in range(1, self.longest + 1):
            for start in range(len(source) - size + 1):
                found.update(self.entries.get(tuple(source[start : start + size]), ()))
        return found

    def write(self, directory: Path) -> None:
        """Write `vmap.txt`."""
        lines = [((), self.always), *sorted(self.entries.items(), key=lambda entry: (len(entry[0]), entry[0]))]
        with (directory / VOCABULARY_MAP_NAME).open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(f"{' '.join(source)}\t{' '.join(targets)}\n" for source, targets in lines)


def read_map(directory: Path) -> VocabularyMap:
    """Read `vmap.txt`."""
    entries: Entries = {}
    for line in (directory / VOCABULARY_MAP_NAME).read_text(encoding="utf-8").split("\n"):
        source, _, targets = line.partition("\t")
        if targets:
            entries[tuple(source.split(" ")) if source else ()] = tuple(targets.split(" "))
    return VocabularyMap(entries.pop((), ()), entries)


def merged(always: Iterable[str], *parts: Mapping[str, Pieces]) -> VocabularyMap:
    """Put maps of single pieces together; what is always allowed is left out of the entries."""
    fixed = tuple(dict.fromkeys(piece for piece in always if writable(piece)))
    known, entries = set(fixed), Entries()
    for source in dict.fromkeys(source for part in parts for source in part):
        union = dict.fromkeys(piece for part in parts for piece in part.get(source, ()))
        kept = tuple(piece for piece in union if piece not in known and writable(piece))
        if kept and writable(source):
            entries[(source,)] = kept
    return VocabularyMap(fixed, entries)


def with_phrases(whole: VocabularyMap, phrases: Iterable[tuple[Pieces, Pieces]]) -> VocabularyMap:
    """Return the map with an entry for each phrase whose translation it does not allow yet."""
    entries: Entries = dict(whole.entries)
    for source, target in phrases:
        missing = tuple(_missing(whole, source, target))
        if missing and source and all(map(writable, source)):
            key = tuple(source)
            entries[key] = tuple(dict.fromkeys((*entries.get(key, ()), *missing)))
    return VocabularyMap(whole.always, entries)


def writable(piece: str) -> bool:
    """Say whether the file can hold a piece: spaces and tabs are its own signs."""
    return bool(piece) and not any(sign in piece for sign in " \t\n\r")


def _missing(whole: VocabularyMap, source: Pieces, target: Pieces) -> Iterator[str]:
    allowed = whole.allowed(source)
    return (piece for piece in dict.fromkeys(target) if piece not in allowed and writable(piece))
