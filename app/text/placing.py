"""Gives every mark its range of atoms in a translation: nested as in the source, never crossing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.text.document import Range
from app.text.kinds import Kind
from app.text.layout import Atom, best_run, boundary
from app.text.masking import Masked


@dataclass(slots=True)
class Placing:
    """Where marks stand, as ranges of atoms (start == end: between two of them), by their index in the places.

    children: the marks directly inside each one, in the order of the source; -1 is the whole text.
    guessed: those for whose place nothing speaks.
    """

    children: dict[int, list[int]]
    ranges: dict[int, Range] = field(default_factory=dict)
    guessed: set[int] = field(default_factory=set)


def place(masked: Masked, row: Sequence[Atom], owners: dict[int, int]) -> Placing:
    """Place all marks. owners: by atom, the literal that it is; those literals have their place already."""
    placing = Placing(_children(masked))
    _Placer(masked, row, set(owners.values()), placing).inside(-1, (0, len(row)), (0, len(masked.text)))
    _check(masked, owners, placing)
    return placing


@dataclass(slots=True)
class _Placer:
    masked: Masked
    row: Sequence[Atom]
    found: set[int]
    placing: Placing

    def inside(self, parent: int, within: Range, region: Range) -> None:
        """Place the children of one mark. within: its atoms. region: what it covers in the text read."""
        children = [child for child in self.placing.children[parent] if child not in self.found]
        taken: list[Range] = []
        for child in [child for child in children if self.masked.places[child].is_pair]:
            # Inside a word, no atom is mostly in it: then the whole word.
            run = self._run(child, within, taken, 0.5) or self._run(child, within, taken, 0.0)
            if run is not None:
                self.placing.ranges[child] = run
                taken.append(run)
        for child in children:
            if child not in self.placing.ranges:
                at = self._between(child, within, region, taken)
                self.placing.ranges[child] = (at, at)
        for child in children:
            one = self.masked.places[child]
            self.inside(child, self.placing.ranges[child], (one.start, one.end))

    def _run(self, child: int, within: Range, taken: Sequence[Range], part: float) -> Range | None:
        one = self.masked.places[child]
        runs = [best_run(self.row, free, one.start, one.end, part=part) for free in _free(within, taken)]
        return max((run for run in runs if run), key=lambda run: run[0], default=(0.0, None))[1]

    def _between(self, child: int, within: Range, region: Range, taken: Sequence[Range]) -> int:
        one = self.masked.places[child]
        if one.is_pair or one.shown:
            self.placing.guessed.add(child)
        text = self.masked.text
        if not text[region[0] : one.start].strip():
            return within[0]
        if not text[one.start : region[1]].strip():
            return within[1]
        behind = one.mark.kind is Kind.EMOJI or not one.spaced[0] or one.mark.before.startswith("</")
        at = boundary(self.row, within, one.start, before=behind and one.spaced[1])
        if at is None:
            self.placing.guessed.add(child)
            return within[1]
        return next((end for start, end in taken if start < at < end), at)


def _free(within: Range, taken: Sequence[Range]) -> list[Range]:
    starts = [within[0], *sorted(end for _, end in taken)]
    ends = [*sorted(start for start, _ in taken), within[1]]
    return list(zip(starts, ends, strict=True))


def _children(masked: Masked) -> dict[int, list[int]]:
    children: dict[int, list[int]] = {index: [] for index in range(-1, len(masked.places))}
    marks = masked.segment.marks
    around: list[int] = []
    for index, mark in enumerate(marks):
        while around and not _holds(marks[around[-1]].start, marks[around[-1]].end, mark.start, mark.end):
            around.pop()
        children[around[-1] if around else -1].append(index)
        if masked.places[index].is_pair:
            around.append(index)
    return children


def _holds(start: int, end: int, first: int, last: int) -> bool:
    """Is `first:last` inside? A point at the very end is not, as in `weave`."""
    return last <= end and not first == last == end and start <= first


def _check(masked: Masked, owners: dict[int, int], placing: Placing) -> None:
    """Doubt pairs that lost a literal of theirs, or have got one that is not theirs."""
    for parent in [index for index, one in enumerate(masked.places) if one.is_pair]:
        start, end = placing.ranges[parent]
        pair = masked.segment.marks[parent]
        for atom, literal in owners.items():
            mark = masked.segment.marks[literal]
            if _holds(pair.start, pair.end, mark.start, mark.end) != (start <= atom < end):
                placing.guessed.add(parent)
