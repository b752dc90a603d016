"""Which languages a document is translated from and to: asked for, said by the document, or detected once; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.detection import Detector
from app.documents import Content, Unit
from app.jobs.orders import Order
from app.languages import UnknownLanguage, display_name, match
from app.text.characters import has_letter
from app.text.markup import Format, MalformedMarkup, parse
from app.tiers import Tier
from app.translate import AUTO

_ENOUGH = 8_000
"""Code points of words that a language is detected by; the detector looks at fewer."""

_FAR_ENOUGH = 100_000
"""Code points of one unit in which those are looked for: a whole page begins with styles and menus."""


@dataclass(frozen=True, slots=True)
class Languages:
    """source: in the tier's own spelling, "" where there are no words. target: BCP 47. same: nothing to translate."""

    source: str
    target: str
    same: bool = False
    detected: bool = False
    notes: tuple[str, ...] = ()


def languages_asked(order: Order, tier: Tier) -> Languages:
    """Check what was asked for; the source stays "auto" where it was. Raises UnknownLanguage, PairUnsupported."""
    target = match(order.target, tier.languages)
    if order.source.lower() == AUTO:
        return Languages(AUTO, target.used, detected=True)
    source = match(order.source, tier.sources).served
    if source != target.served:
        tier.route(source, target.served)
    return Languages(source, target.used, same=source == target.served)


def languages_of(order: Order, tier: Tier, content: Content, detector: Detector) -> Languages:
    """Decide for a document that was read; call it in a thread.

    Raises UnknownLanguage, PairUnsupported, Undecidable.
    """
    asked = languages_asked(order, tier)
    if not asked.detected:
        return asked
    if not any(has_letter(unit.text) for unit in content.units):
        return Languages("", asked.target, same=True)
    source, notes = _source(content, tier, detector)
    target = match(order.target, tier.languages).served
    if source == target:
        why = f"The document is in {display_name(source)} already, so it came back as it was."
        return Languages(source, asked.target, same=True, detected=True, notes=(*notes, why))
    tier.route(source, target)
    return Languages(source, asked.target, detected=True, notes=notes)


def _source(content: Content, tier: Tier, detector: Detector) -> tuple[str, tuple[str, ...]]:
    notes: tuple[str, ...] = ()
    if content.source:
        try:
            return match(content.source, tier.languages).served, notes
        except UnknownLanguage:
            said = content.source[:35]
            notes = (f"The document says it is in {said!r}, which is not served; its language was detected instead.",)
    return detector.detect(sample(content.units), tier.languages).language, notes


def sample(units: Sequence[Unit]) -> str:
    """Return words of the first units, without their markup."""
    found: list[str] = []
    size = 0
    for words in _words(units):
        found.append(words)
        size += len(words)
        if size >= _ENOUGH:
            break
    return "\n".join(found)[:_ENOUGH]


def _words(units: Iterable[Unit]) -> Iterator[str]:
    for unit in units:
        if unit.markup is None:
            yield unit.text[:_ENOUGH]
            continue
        # XML must be whole to be read; anything is HTML or Markdown, however it is cut.
        text = unit.text if unit.markup.format is Format.XML else unit.text[:_FAR_ENOUGH]
        try:
            yield from (block.text for block in parse(text, unit.markup).blocks)
        except MalformedMarkup:
            continue  # its translation will say so; others have words, too
