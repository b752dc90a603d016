"""Where markup goes in a translation: atoms, what each one translates, and nested ranges over them. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.text.characters import is_unspaced
from app.text.document import Range
from app.text.inline import Link

_WORD = re.compile(r"[^\W_]+(?:[-'’_][^\W_]+)*|[^\s]")  # noqa: RUF001
_FOREIGN = -0.7  # what a word that belongs elsewhere costs a range, in words that belong to it


@dataclass(frozen=True, slots=True)
class Atom:
    """What markup never cuts: a word, a literal, a punctuation mark, a token of a script without spaces.

    source: which part of the text that the model read it translates; None where nothing says so.
    """

    start: int
    end: int
    source: Range | None = None
    is_literal: bool = False

    def inside(self, start: int, end: int, *, part: float = 0.5) -> bool:
        """Does it translate something in `start:end` of the text read, with more than this part of it?"""
        if self.source is None:
            return False
        first, last = self.source
        return min(last, end) - max(first, start) > part * (last - first)


def atoms(text: str, literals: Iterable[tuple[Range, Range | None]], links: Sequence[Link]) -> list[Atom]:
    """Cut a translation into atoms, white space left out.

    literals: (where they stand in it, where their stand-ins were), ascending, apart; None for what is to be left out.
    """
    found: list[Atom] = []
    at = 0
    finder = _Links(links)
    for (start, end), source in literals:
        found += _words(text, at, start, finder)
        if source is not None:
            found.append(Atom(start, end, source, is_literal=True))
        at = end
    return found + _words(text, at, len(text), finder)


class _Links:
    """Links by where they stand in the translation."""

    def __init__(self, links: Sequence[Link]) -> None:
        self._links = sorted(links)
        self._starts = [target[0] for target, _ in self._links]
        self._longest = max((target[1] - target[0] for target, _ in self._links), default=0)

    def over(self, start: int, end: int) -> list[Link]:
        """The links whose target overlaps `start:end`."""
        first = bisect_left(self._starts, start - self._longest)
        last = bisect_left(self._starts, end)
        return [link for link in self._links[first:last] if link[0][1] > start]

    def source(self, start: int, end: int) -> Range | None:
        """The source of the longest overlap; of equals, the first."""
        found = self.over(start, end)
        if not found:
            return None
        return max(found, key=lambda link: min(link[0][1], end) - max(link[0][0], start))[1]


def _words(text: str, start: int, end: int, links: _Links) -> list[Atom]:
    found: list[Atom] = []
    for match in _WORD.finditer(text, start, end):
        inner = {match.start(), match.end()}
        if any(map(is_unspaced, match[0])):
            inner |= {
                at for target, _ in links.over(*match.span()) for at in target if match.start() < at < match.end()
            }
        cuts = sorted(inner)
        found += [Atom(one, other, links.source(one, other)) for one, other in pairwise(cuts)]
    return found


def best_run(
    atoms: Sequence[Atom], free: Range, start: int, end: int, *, part: float = 0.5
) -> tuple[float, Range] | None:
    """The stretch of `atoms[free]` that holds most of what translates `start:end` and least of anything else.

    It begins and ends with an atom that does; None where there is none. The number is greater for a better one.
    part: see `Atom.inside`.
    """
    best: tuple[float, Range] | None = None
    total, first = 0.0, -1
    for index in range(*free):
        own = atoms[index].inside(start, end, part=part)
        if own and total <= 0:
            total, first = 0.0, index
        total += _worth(atoms[index], own=own)
        if own and (best is None or total > best[0]):
            best = total, (first, index + 1)
    return best


def _worth(atom: Atom, *, own: bool) -> float:
    if own:
        return 3.0 if atom.is_literal else 1.0
    return 0.0 if atom.source is None else _FOREIGN


def boundary(atoms: Sequence[Atom], within: Range, point: int, *, before: bool) -> int | None:
    """In front of which atom of `within` a `point` of the text read belongs; None where its neighbours do not say.

    before: where the words on both sides of it went different ways, stay behind the one in front of it.
    """
    placed = [(index, atoms[index].source) for index in range(*within)]
    earlier = [(source[1], index + 1) for index, source in placed if source and source[1] <= point]
    later = [(source[0], index) for index, source in placed if source and source[0] >= point]
    sides = [max(earlier)[1] if earlier else None, min(later)[1] if later else None]
    return next((side for side in (sides if before else reversed(sides)) if side is not None), None)
