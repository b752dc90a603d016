"""Segments and the gaps between them as one value, for tests that look at both."""

from __future__ import annotations

from app.text.document import Document, from_ranges
from app.text.fitting import Count, fit
from app.text.segmentation import Split, segment


def segmented(text: str, language: str, split: Split = Split.SENTENCES) -> Document:
    return from_ranges(text, segment(text, language, split))


def fitted(text: str, count: Count, limit: int, language: str | None = None) -> Document:
    """A text cut to a limit as a whole, or its sentences where a language is given."""
    ranges = [(0, len(text))] if language is None else segment(text, language)
    return from_ranges(text, fit(text, ranges, count, limit))
