"""Which characters a subword model has pieces for: what has none is dropped or made up by the checkpoint; pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from model_pool.types import Range

_MOST = 20_000
"""Characters remembered; a text in every script of the world would not end it."""

_WORD = re.compile(r"\w+")


class Alphabet:
    """Asks about each character once. Thread-safe: two that ask at a time learn the same."""

    def __init__(self, knows: Callable[[str], bool]) -> None:
        self._knows = knows
        self._known: set[str] = set()
        self._unknown: set[str] = set()

    def unknown(self, text: str) -> list[Range]:
        """Return the runs of characters without a piece, ascending and apart; of a word with one, the whole word."""
        characters = set(text)
        if characters <= self._known:
            return []
        self._learn(characters)
        if characters.isdisjoint(self._unknown):
            return []
        words = [match.span() for match in _WORD.finditer(text) if not self._unknown.isdisjoint(match[0])]
        others = [(at, at + 1) for at, one in enumerate(text) if one in self._unknown and not _WORD.match(one)]
        return _joined(sorted((*words, *others)))

    def _learn(self, characters: set[str]) -> None:
        if len(self._known) + len(self._unknown) > _MOST:
            self._known, self._unknown = set(), set()
        for one in characters - self._known - self._unknown:
            known = one.isspace() or not one.isprintable() or self._knows(one)
            (self._known if known else self._unknown).add(one)


def _joined(ranges: list[Range]) -> list[Range]:
    joined: list[Range] = []
    for start, end in ranges:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
