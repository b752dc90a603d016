"""The places of a package where words are, and its Content: read part by part, written part by part; uses lxml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from app.documents.content import Content, Unit
from app.documents.packages.archive import Archive
from app.documents.packages.rewriting import rewritten
from app.documents.packages.trees import Element, legal, parsed, serialised
from app.text.characters import has_letter


@dataclass(frozen=True, slots=True)
class Slot:
    """One place. put: write a translation of its unit there."""

    unit: Unit
    put: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Part:
    """A member that was opened. written: (the target language) -> its bytes with all that was put."""

    slots: Sequence[Slot]
    written: Callable[[str], bytes]


Open: TypeAlias = Callable[[bytes], Part]
Find: TypeAlias = Callable[[Element], Iterable[Slot]]


@dataclass(frozen=True, slots=True)
class Package:
    """An archive and its parts with words, by name, in the order in which they are read.

    data: the archive. followers: those that are written whenever anything else is, for they name the language.
    """

    data: bytes
    archive: Archive
    parts: Mapping[str, Open]
    followers: frozenset[str] = field(default_factory=frozenset)

    def content(self, *, source: str = "", notes: Iterable[str] = ()) -> Content:
        """Return what there is to translate; a text that is in it several times is one unit."""
        found = (slot.unit for name in self.parts for slot in self._opened(name).slots)
        units = tuple(dict.fromkeys(found))
        return Content(units, partial(self._written, units), source, tuple(notes))

    def _opened(self, name: str) -> Part:
        return self.parts[name](self.archive.read(name))

    def _written(self, units: Sequence[Unit], translations: Sequence[str], target: str) -> bytes:
        made = dict(zip(units, translations, strict=True))
        changed = {unit: text for unit, text in made.items() if text != unit.text}
        if not changed:
            return self.data
        replaced = {}
        for name in self.parts:
            part = self._opened(name)
            slots = [slot for slot in part.slots if slot.unit in changed]
            for slot in slots:
                slot.put(changed[slot.unit])
            if slots or name in self.followers:
                replaced[name] = part.written(target)
        return rewritten(self.archive, replaced)


def xml_part(name: str, find: Find, *, may_name_its_type: bool = False) -> Open:
    """Return how a part is opened whose words `find` finds in its tree."""

    def opening(data: bytes) -> Part:
        tree = parsed(data, name, may_name_its_type=may_name_its_type)
        slots = [slot for slot in find(tree.getroot()) if has_letter(slot.unit.text)]
        return Part(slots, lambda target: serialised(tree))  # noqa: ARG005 - these parts name no language

    return opening


def text_slot(node: Element) -> Slot:
    """Return the slot of an element with nothing but text in it."""

    def put(translation: str) -> None:
        node.text = legal(translation)

    return Slot(Unit(node.text or ""), put)


def attribute_slot(node: Element, name: str) -> Slot:
    """Return the slot of an attribute that people read."""
    return Slot(Unit(node.get(name) or ""), lambda translation: node.set(name, legal(translation)))
