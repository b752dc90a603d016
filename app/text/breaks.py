"""Where to cut a text that has to be cut: sentence, strong punctuation, clause, word, then character. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from app.text.characters import is_grapheme_boundary, is_unspaced

# Best first. A match ends where the cut goes; white space after a cut is left to the right-hand side.
# ruff: noqa: RUF001
_PUNCTUATION = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:(?<=\w\w\w)\.|[!?…])[.!?…]*+[\"')\]”’»]*+(?=\s)|[。．！？｡।॥။።។៕؟۔՞։།]++[」』）】》”’\"')\]]*+",
        r"[;:؛](?=\s)|[；：]",
        r"[,،](?=\s)|[、，､]|(?=\s[–—-]++\s)|(?<=\S)—(?=\S)|[)\]}»”](?=\s)|(?=\s[(\[{«“])|[）】」』》]|(?=[（【「『《])",
        r"(?=[^\S\u00a0\u202f])|\u200b",
        r"[-/_&=?](?=\w)",
    )
)
_NEVER_FIRST = frozenset("。．，、；：！？）」』】》〉々ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ%‰°℃")
_NEVER_LAST = frozenset("（「『【《〈$€£¥#")


def best(text: str, low: int, high: int, target: int) -> int:
    """The cut in `low..high` of the best kind, the nearest to `target` among its equals; `target` if there is none.

    Linear in `high - low`. Needs 0 < low <= target <= high < len(text).
    """
    for pattern in _PUNCTUATION:
        found = (match.end() for match in pattern.finditer(text, low - 1, high + 1))
        cuts = [cut for cut in found if low <= cut <= high]
        if cuts:
            return min(cuts, key=lambda cut: abs(cut - target))
    cut = _nearest(text, low, high, target, _between_unspaced)
    return target if cut is None else cut


def between_characters(text: str, low: int, high: int, target: int) -> int:
    """The cut in `low..high` nearest to `target` that leaves whole what a reader sees as one character, or `target`."""
    cut = _nearest(text, low, high, target, is_grapheme_boundary)
    return target if cut is None else cut


def _between_unspaced(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if before in _NEVER_LAST or after in _NEVER_FIRST:
        return False
    return (is_unspaced(before) or is_unspaced(after)) and is_grapheme_boundary(text, at)


def _nearest(text: str, low: int, high: int, target: int, allowed: Callable[[str, int], bool]) -> int | None:
    for distance in range(max(target - low, high - target) + 1):
        for cut in (target - distance, target + distance):
            if low <= cut <= high and allowed(text, cut):
                return cut
    return None
