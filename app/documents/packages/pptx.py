"""Presentations of PowerPoint; uses lxml.

Slides, notes, comments, charts, SmartArt, and what layouts and masters show on every slide; prompts stay.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.documents.content import Content, DocumentLimits
from app.documents.packages.archive import opened
from app.documents.packages.drawing import drawing_slots, paragraph_slots
from app.documents.packages.openxml import FORMATS, SHARED, notes_of, parts_of, types_of
from app.documents.packages.slots import Package, Slot, text_slot
from app.documents.packages.trees import Element, short

_PRESENTATION = f"{FORMATS}.presentationml"
_MACROS = "application/vnd.ms-powerpoint"
_MAIN = frozenset(
    {
        *(f"{_PRESENTATION}.{one}.main+xml" for one in ("presentation", "slideshow", "template")),
        *(f"{_MACROS}.{one}.macroEnabled.main+xml" for one in ("presentation", "slideshow", "template")),
    }
)


def read(data: bytes, limits: DocumentLimits) -> Content:
    """Read a presentation. Raises BrokenDocument, DocumentTooLarge, ProtectedDocument, UnsafeDocument."""
    archive = opened(data, limits)
    types = types_of(archive, "pptx", _MAIN)
    return Package(data, archive, parts_of(types, _FINDERS)).content(notes=notes_of(archive))


def _fixed_slots(root: Element) -> Iterator[Slot]:
    """Yield the paragraphs of shapes that hold no place: what they say is seen on every slide."""
    prompts = {node for shape in root.iter() if short(shape) == "p:sp" and _holds_place(shape) for node in shape.iter()}
    for node in root.iter():
        if short(node) == "a:p" and node not in prompts:
            yield from paragraph_slots(node)


def _holds_place(shape: Element) -> bool:
    return any(short(node) == "p:ph" for node in shape.iter())


def _comments(root: Element) -> Iterator[Slot]:
    return (text_slot(node) for node in root.iter() if short(node) == "p:text")


_FINDERS = {
    f"{_PRESENTATION}.slide+xml": drawing_slots,
    f"{_PRESENTATION}.notesSlide+xml": drawing_slots,
    f"{_PRESENTATION}.comments+xml": _comments,
    f"{_MACROS}.comments+xml": drawing_slots,
    f"{_PRESENTATION}.slideLayout+xml": _fixed_slots,
    f"{_PRESENTATION}.slideMaster+xml": _fixed_slots,
    **SHARED,
}
