"""Documents of Word; uses lxml.

Paragraphs of the body, tables, text boxes, headers, footers, notes, comments, charts and SmartArt.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.documents.content import Content, DocumentLimits
from app.documents.packages.archive import opened
from app.documents.packages.drawing import drawing_slots
from app.documents.packages.openxml import FORMATS, SHARED, notes_of, parts_of, types_of
from app.documents.packages.slots import Package, Slot
from app.documents.packages.trees import Element, short
from app.documents.packages.word import word_slots

_WORD = f"{FORMATS}.wordprocessingml"
_MACROS = "application/vnd.ms-word"
_MAIN = (
    f"{_WORD}.document.main+xml",
    f"{_WORD}.template.main+xml",
    f"{_MACROS}.document.macroEnabled.main+xml",
    f"{_MACROS}.template.macroEnabledTemplate.main+xml",
)


def read(data: bytes, limits: DocumentLimits) -> Content:
    """Read a document. Raises BrokenDocument, DocumentTooLarge, ProtectedDocument, UnsafeDocument."""
    archive = opened(data, limits)
    types = types_of(archive, "docx", _MAIN)
    notes = notes_of(archive)
    return Package(data, archive, parts_of(types, _FINDERS)).content(notes=notes)


def _slots(root: Element) -> Iterator[Slot]:
    for node in root.iter():
        if short(node) == "w:p":
            yield from word_slots(node)
    yield from drawing_slots(root)


_FINDERS = {
    **dict.fromkeys(_MAIN, _slots),
    **{f"{_WORD}.{one}+xml": _slots for one in ("header", "footer", "footnotes", "endnotes", "comments")},
    **SHARED,
}
