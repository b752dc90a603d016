"""Where to break a text into a number of lines of about the same width; pure."""

from __future__ import annotations

from collections.abc import Iterator

from app.text.breaks import best
from app.text.characters import is_unspaced

_NEAR, _FAR = 0.25, 0.9
"""How far from even a break may be, in lines: for the sake of a comma; and for there to be one at all."""


def wrapped(text: str, lines: int) -> list[int]:
    """Return where the text is to be broken, ascending: in front of a space, or between characters that need none.

    There are less breaks than wished where the text has no places for them.
    """
    even = list(_evenly(text, lines))
    inner = range(len(text) - len(text.lstrip()) + 1, len(text.rstrip()))
    spaces = [at for at in inner if text[at] == " " and text[at - 1] != " "]
    if len(even) == lines - 1 or len(spaces) < lines - 1:
        return even
    return [spaces[round(line * (len(spaces) + 1) / lines) - 1] for line in range(1, lines)]  # as many words in each


def _evenly(text: str, lines: int) -> Iterator[int]:
    start = 0
    for left in range(lines, 1, -1):
        width = (len(text) - start) / left
        at = next((cut for reach in (_NEAR, _FAR) if (cut := _cut(text, start, width, reach))), 0)
        if at:
            yield at
            start = at


def _cut(text: str, start: int, width: float, reach: float) -> int:
    """Return the best cut about `width` behind `start`, or 0."""
    target = start + round(width)
    low = max(start + 2, round(start + width * (1 - reach)))
    high = min(len(text) - 2, round(start + width * (1 + reach)))
    if not low <= target <= high:
        return 0
    at = best(text, low, high, target)
    return at if text[at] == " " or is_unspaced(text[at - 1]) or is_unspaced(text[at]) else 0
