"""Cuts the segments that are too long for a model into balanced pieces. Pure; the token counter is passed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil

from app.text import breaks
from app.text.characters import has_letter, trimmed
from app.text.document import Range

Count = Callable[[str], int]
"""Tokens in a text, special tokens as its owner likes; need not be additive."""

_CODE_POINTS_PER_TOKEN = 64  # what is longer than this times the limit is cut without being counted
_FREEDOM = 0.4  # of a piece: how far from the even cut a better place may be

_LONGEST_CHARACTER = 64  # code points looked through for the end of a combining or joined sequence


def fit(text: str, ranges: Sequence[Range], count: Count, limit: int) -> Sequence[Range]:
    """Cut ranges of `text` so that `count(segment) <= limit` for what each of them holds.

    Pieces of one segment are about equally long, and end at the best break near the even cut: sentence, `;` or `:`,
    clause, word, character. White space and emoji at a cut go to a gap, as does a piece without a letter.
    A single code point that is over the limit by itself stays, whole. A segment of more than 64 code points for each
    token of the limit is cut whatever its count. `count` sees every character a bounded number of times.
    """
    if limit < 1:
        raise ValueError(f"limit is {limit}; a segment needs at least one token")
    if all(_parts_needed(text[start:end], count, limit) == 1 for start, end in ranges):
        return ranges
    return [piece for one in ranges for piece in _pieces(text, one, count, limit)]


def _pieces(text: str, whole: Range, count: Count, limit: int) -> Iterator[Range]:
    waiting = [whole]
    while waiting:
        start, end = waiting.pop()
        parts = 1 if end - start <= 1 else _parts_needed(text[start:end], count, limit)
        if parts == 1:
            yield start, end
            continue
        cut = _cut(text, start, end, parts)
        halves = trimmed(text, start, cut), trimmed(text, cut, end)
        waiting.extend(half for half in reversed(halves) if has_letter(text[slice(*half)]))


def _parts_needed(text: str, count: Count, limit: int) -> int:
    """Into how many pieces of `limit` tokens this text goes at least; 1 where it fits as it is."""
    if len(text) > limit * _CODE_POINTS_PER_TOKEN:
        return ceil(len(text) / (limit * _CODE_POINTS_PER_TOKEN))
    return max(1, ceil(count(text) / limit))


def _cut(text: str, start: int, end: int, parts: int) -> int:
    """Where to halve `start:end`, near the point that gives `parts // 2` of its `parts` to the left-hand side."""
    length = end - start
    target = start + min(max(length * (parts // 2) // parts, 1), length - 1)
    cut = breaks.best(text, *_window(start, end, target, int(length / parts * _FREEDOM)), target)
    return breaks.between_characters(text, *_window(start, end, target, _LONGEST_CHARACTER), cut)


def _window(start: int, end: int, target: int, radius: int) -> Range:
    return max(start + 1, target - radius), min(end - 1, target + radius)
