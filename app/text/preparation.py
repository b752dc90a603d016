"""From a text to segments that a checkpoint can take whole: sentences, then fitted to its limit. Pure."""

from __future__ import annotations

from app.text.document import Document, from_ranges
from app.text.fitting import Count, fit
from app.text.segmentation import Split, segment


def prepare(text: str, language: str, count: Count, limit: int, split: Split = Split.SENTENCES) -> Document:
    """Segment `text` so that every segment takes 1 to `limit` tokens, whatever `split` asks for.

    A segment without any token, such as zero-width characters that the tokenizer drops, goes to a gap: the model
    would make something up for it.
    """
    counted = _remembering(count)
    fitted = fit(segment(text, language, split), counted, limit)
    if all(map(counted, fitted.segments)):
        return fitted
    return fitted.refine(lambda one: from_ranges(one, [(0, len(one))] if counted(one) else []))


def halve(one: str, count: Count) -> Document:
    """Split one segment into pieces of at most half its tokens, for a decoder that could not end on the whole."""
    return fit(Document(("", ""), (one,)), count, max(1, -(-count(one) // 2)))


def _remembering(count: Count) -> Count:
    """Return `count` with a memory: counting means encoding, so what fits as it is shall be counted once."""
    counts: dict[str, int] = {}

    def counted(text: str) -> int:
        known = counts.get(text)
        if known is None:
            known = counts[text] = count(text)
        return known

    return counted
