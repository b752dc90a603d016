"""Puts what was found in a text beside the marks that it has: literals, never crossing anything. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.text.inline import Mark, Segment, written


def with_literals(whole: Segment, *findings: Iterable[Mark]) -> Segment:
    """Add literals to a text. Where two overlap, the earlier finding wins; none is put across a tag."""
    taken = [(mark.start, mark.end) for mark in whole.marks if mark.literal is not None]
    edges = sorted({edge for mark in whole.marks for edge in (mark.start, mark.end)})
    kept: list[Mark] = []
    for found in findings:
        fits = [mark for mark in found if not _crosses(mark, edges) and not _overlaps(mark, taken)]
        taken += ((mark.start, mark.end) for mark in fits)
        kept += fits
    return Segment(whole.text, tuple(sorted((*whole.marks, *kept), key=written))) if kept else whole


def _crosses(mark: Mark, edges: Sequence[int]) -> bool:
    return any(mark.start < edge < mark.end for edge in edges)


def _overlaps(mark: Mark, taken: Iterable[tuple[int, int]]) -> bool:
    return any(mark.start < end and start < mark.end for start, end in taken)
