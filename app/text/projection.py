"""Puts literals and markup back into a translation, each exactly once and well nested, by alignment. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.text.finding import Found, find
from app.text.inline import Link, Mark, Segment
from app.text.kinds import Kind
from app.text.layout import Atom, atoms
from app.text.masking import Masked
from app.text.placing import place
from app.text.rendering import render

# Placeholders that get their values by order, not by name: swapped, they would show each other's.
_ORDERED = re.compile(r"%[-+#0 ]*[\d*]*(?:\.[\d*]+)?[hlLqjzt]*[a-zA-Z@]|\{\}")


@dataclass(frozen=True, slots=True)
class Projected:
    """A translation with its marks.

    segment: holds every mark exactly once, well nested, whatever the model did.
    missing: marks whose place in it is a guess, that came twice, or that others around them were put wrong by; empty
    where all is well. Then another attempt may do better, and `words_between` loses nothing.
    """

    segment: Segment
    missing: tuple[Mark, ...] = ()

    @property
    def text(self) -> str:
        """The translation as plain text, markup and all."""
        return self.segment.source


def project(masked: Masked, translation: str, links: Sequence[Link]) -> Projected:
    """Put the marks of `masked` into the translation of `masked.text`.

    links: where the words of the translation came from; may be empty: then only stand-ins are found.
    """
    if not masked.places:
        return Projected(Segment(translation))
    found = find(masked, translation, links)
    row = _row(masked, translation, found, links)
    owners = _owners(row, found)
    doubted = _reordered(masked, owners)
    placing = place(masked, row, owners)
    made = render(masked, translation, row, owners, placing)
    doubted |= placing.guessed | set(_wrong_count(masked, made.source)) | _doubled(masked, translation, found)
    return Projected(made, tuple(masked.places[index].mark for index in sorted(doubted)))


def _row(masked: Masked, translation: str, found: Found, links: Sequence[Link]) -> list[Atom]:
    literals = [(span, (masked.places[index].start, masked.places[index].end)) for index, span in found.at.items()]
    return atoms(
        translation, sorted([*literals, *((span, None) for span in found.extra)], key=lambda one: one[0]), links
    )


def _owners(row: Sequence[Atom], found: Found) -> dict[int, int]:
    """Which literal each atom is."""
    starts = {span[0]: index for index, span in found.at.items()}
    return {number: starts[atom.start] for number, atom in enumerate(row) if atom.is_literal}


def _reordered(masked: Masked, owners: dict[int, int]) -> set[int]:
    """Put literals that get their values by order in the order of the source; return those that were not in it."""
    atoms = sorted(
        number for number, index in owners.items() if _ORDERED.search(masked.places[index].mark.literal or "")
    )
    order = [owners[number] for number in atoms]
    moved = {index for index, right in zip(order, sorted(order), strict=True) if index != right}
    owners.update(zip(atoms, sorted(order), strict=True))
    return moved


def _doubled(masked: Masked, translation: str, found: Found) -> set[int]:
    extra = {translation[slice(*span)].casefold() for span in found.extra}
    return {index for index, one in enumerate(masked.places) if one.shown.casefold() in extra}


def _wrong_count(masked: Masked, text: str) -> Iterator[int]:
    """Literals that the model wrote by itself too. What is all letters and digits may be a word of the text."""
    source = masked.segment.source
    for index, one in enumerate(masked.places):
        literal = one.mark.literal or ""
        if literal.isalnum() or len(literal) < 2 or one.mark.kind is Kind.TERM:
            continue
        if text.count(literal) != source.count(literal):
            yield index
