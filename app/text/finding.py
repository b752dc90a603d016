"""Finds the stand-ins of literals in a translation. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from app.text.document import Range
from app.text.inline import Link
from app.text.masking import Masked, Place

_ALIKE = 0.6  # how much of a stand-in must be left for a changed one to be taken for it


@dataclass(slots=True)
class Found:
    """at: where each literal's stand-in stands, by its index in the places. extra: the model wrote it once more."""

    at: dict[int, Range] = field(default_factory=dict)
    extra: list[Range] = field(default_factory=list)


def find(masked: Masked, translation: str, links: Sequence[Link]) -> Found:
    """Look for every stand-in: by its spelling, else for what the model made of it, by alignment."""
    found = Found()
    alike: dict[str, list[int]] = defaultdict(list)
    for index, place in enumerate(masked.places):
        if place.shown:
            alike[place.shown].append(index)
    for shown, indices in alike.items():
        spans = [match.span() for match in _pattern(shown).finditer(translation)]
        spans = [span for span in spans if not _overlaps(span, found)]
        _assign(found, masked, indices, spans, links)
    for index, place in enumerate(masked.places):
        if place.shown and index not in found.at:
            hull = _aligned(place, translation, links)
            if hull and not _overlaps(hull, found):
                found.at[index] = hull
    return found


def _pattern(shown: str) -> re.Pattern[str]:
    before = "(?<![A-Za-z0-9])" if shown[0].isalnum() else ""
    after = r"(?!\d)" if shown[-1].isdigit() else ""
    return re.compile(before + re.escape(shown) + after, re.IGNORECASE)


def _assign(found: Found, masked: Masked, indices: list[int], spans: list[Range], links: Sequence[Link]) -> None:
    """Give the occurrences of one stand-in to its places in order; those that translate it go first."""
    if len(spans) > len(indices):
        place = masked.places[indices[0]]
        spans = sorted(spans, key=lambda span: (not _translates(span, place, links), span))
        if place.mark.literal is not None and len(place.shown) > 1:  # one character may be the translator's own
            found.extra += spans[len(indices) :]
        spans = sorted(spans[: len(indices)])
    found.at.update(zip(indices, spans, strict=False))


def _translates(span: Range, place: Place, links: Sequence[Link]) -> bool:
    return any(_meet(target, span) and _meet(source, (place.start, place.end)) for target, source in links)


def _aligned(place: Place, translation: str, links: Sequence[Link]) -> Range | None:
    """The one stretch that translates a stand-in, if it still looks like it and holds nothing else."""
    stands = place.start, place.end
    own = [target for target, source in links if _meet(source, stands)]
    if not own:
        return None
    hull = min(start for start, _ in own), max(end for _, end in own)
    if any(_meet(target, hull) and not _meet(source, stands) for target, source in links):
        return None
    left = translation[slice(*hull)].casefold()
    return hull if SequenceMatcher(None, place.shown.casefold(), left).ratio() >= _ALIKE else None


def _overlaps(span: Range, found: Found) -> bool:
    return any(_meet(span, other) for other in (*found.at.values(), *found.extra))


def _meet(one: Range, other: Range) -> bool:
    return one[0] < other[1] and other[0] < one[1]
