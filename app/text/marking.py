"""Puts what was found in a text beside the marks that it has: literals, never crossing anything. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from app.text.document import Range
from app.text.inline import Mark, Segment, written


def with_literals(whole: Segment, *found: Iterable[Mark]) -> Segment:
    """Add literals to a text. Where two overlap, the one found earlier wins; none is put across a tag.

    What is found at a time is apart in itself. Both text and marks come from strangers: no mark is held against all.
    """
    findings = [list(one) for one in found]
    if not any(findings):
        return whole
    taken = sorted((mark.start, mark.end) for mark in whole.marks if mark.literal is not None)
    edges = sorted({edge for mark in whole.marks for edge in (mark.start, mark.end)})
    kept: list[Mark] = []
    for finding in findings:
        fits = [mark for mark in finding if not _crosses(mark, edges) and not _overlaps(mark, taken)]
        taken = sorted((*taken, *((mark.start, mark.end) for mark in fits)))
        kept += fits
    return Segment(whole.text, tuple(sorted((*whole.marks, *kept), key=written)))


def _crosses(mark: Mark, edges: Sequence[int]) -> bool:
    """Is one of the edges (ascending) inside the mark?"""
    return bisect_right(edges, mark.start) < bisect_left(edges, mark.end)


def _overlaps(mark: Mark, taken: Sequence[Range]) -> bool:
    """Does one of the ranges (ascending, apart) share a character with the mark?"""
    last = bisect_left(taken, (mark.end, 0)) - 1  # that begins before the mark ends
    return last >= 0 and taken[last][1] > mark.start
