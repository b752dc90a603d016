"""A text as gap, segment, gap ...: the source is always there to be rebuilt. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

Range = tuple[int, int]
"""Half-open [start, end) in code points."""


@dataclass(frozen=True, slots=True)
class Document:
    """`gaps[0] + segments[0] + gaps[1] + ... + gaps[-1]` is the source, exactly.

    segments: what is sent for translation, in order.
    gaps: what comes back as it is (one more than segments; any of them may be empty).
    """

    gaps: tuple[str, ...]
    segments: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.gaps) != len(self.segments) + 1:
            raise ValueError(f"{len(self.segments)} segments need one gap more, not {len(self.gaps)}")

    @property
    def source(self) -> str:
        """The text that this document was made from."""
        return assemble(self, self.segments)


def from_ranges(text: str, ranges: Iterable[Range]) -> Document:
    """Cuts `text` so that the ranges (ascending, not overlapping) are its segments and the rest its gaps."""
    gaps: list[str] = []
    segments: list[str] = []
    at = 0
    for start, end in ranges:
        if not at <= start <= end <= len(text):
            raise ValueError(f"range {start}:{end} does not come after {at} in a text of {len(text)}")
        gaps.append(text[at:start])
        segments.append(text[start:end])
        at = end
    gaps.append(text[at:])
    return Document(tuple(gaps), tuple(segments))


def assemble(document: Document, translations: Sequence[str]) -> str:
    """Puts one translation per segment, in order, back between the gaps; ValueError where the numbers differ."""
    if len(translations) != len(document.segments):
        raise ValueError(f"{len(document.segments)} segments, but {len(translations)} translations")
    pairs = zip_longest(document.gaps, translations, fillvalue="")
    return "".join(gap + translation for gap, translation in pairs)
