"""From a marked text to segments that a checkpoint can take whole: sentences, then fitted to its limit. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from app.text.characters import has_letter
from app.text.cutting import Cut, cut
from app.text.document import Range
from app.text.fitting import Count, fit
from app.text.inline import Mark, Segment
from app.text.segmentation import Split, segment


def prepare(whole: Segment, language: str, count: Count, limit: int, split: Split = Split.SENTENCES) -> Cut:
    """Cut a text so that every segment takes 1 to `limit` tokens, whatever `split` asks for.

    No cut goes through a literal. What has no word beside its literals, or no token at all, such as zero-width
    characters that the tokenizer drops, is in a gap: the model would make something up for it.
    """
    counted = _remembering(count)
    text = whole.text
    ranges = fit(text, segment(text, language, split), counted, limit)
    literals = [mark for mark in whole.marks if mark.literal is not None]
    if literals:
        ranges = _around(ranges, literals)
        words = _without(text, literals)
        ranges = [one for one in ranges if has_letter(words[slice(*one)])]
    return cut(whole, [one for one in ranges if counted(text[slice(*one)])])


def halve(whole: Segment, count: Count) -> Cut:
    """Cut one segment into pieces of at most half its tokens, for a decoder that could not end on the whole."""
    half = max(1, -(-count(whole.text) // 2))
    ranges = fit(whole.text, [(0, len(whole.text))], count, half)
    return cut(whole, _around(ranges, [mark for mark in whole.marks if mark.literal is not None]))


def _around(ranges: Iterable[Range], literals: Sequence[Mark]) -> list[Range]:
    """Widen and join ranges so that each literal (ascending, apart) is inside one of them or outside all."""
    starts, ends = [mark.start for mark in literals], [mark.end for mark in literals]
    widened: list[Range] = []
    for start, end in ranges:
        low, high = bisect_right(ends, start), bisect_left(starts, end)
        first, last = (min(start, starts[low]), max(end, ends[high - 1])) if low < high else (start, end)
        if widened and first < widened[-1][1]:
            widened[-1] = (widened[-1][0], max(last, widened[-1][1]))
        else:
            widened.append((first, last))
    return widened


def _without(text: str, literals: Sequence[Mark]) -> str:
    """A text with blanks for its literals (ascending, apart): as long as before, so every range holds."""
    out: list[str] = []
    at = 0
    for mark in literals:
        out += (text[at : mark.start], " " * (mark.end - mark.start))
        at = mark.end
    return "".join((*out, text[at:]))


def _remembering(count: Count) -> Count:
    """Return `count` with a memory: counting means encoding, so what fits as it is shall be counted once."""
    counts: dict[str, int] = {}

    def counted(text: str) -> int:
        known = counts.get(text)
        if known is None:
            known = counts[text] = count(text)
        return known

    return counted
