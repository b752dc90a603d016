"""What docx, pptx and xlsx have in common: which part is of which type, properties, signatures; uses lxml."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from app.documents.errors import BrokenDocument
from app.documents.packages.archive import Archive
from app.documents.packages.drawing import drawing_slots
from app.documents.packages.slots import Find, Open, Slot, text_slot, xml_part
from app.documents.packages.trees import Element, parsed, short

_TYPES = "[Content_Types].xml"
_READ = frozenset({"dc:title", "dc:subject"})
_NUMBER = re.compile(r"([0-9]{1,9})")

FORMATS = "application/vnd.openxmlformats-officedocument"


def types_of(archive: Archive, kind: str, main: Collection[str]) -> dict[str, str]:
    """Return the content type of each member that has one.

    main: the types that the main part of this kind may have. Raises BrokenDocument where no member has one of them.
    """
    root = parsed(archive.read(_TYPES), _TYPES).getroot()
    overrides, defaults = {}, {}
    for node in root.iter():
        if short(node) == "types:Override":
            overrides[node.get("PartName", "").lstrip("/").lower()] = node.get("ContentType", "")
        elif short(node) == "types:Default":
            defaults[node.get("Extension", "").lower()] = node.get("ContentType", "")
    said = {
        name: overrides.get(name.lower(), defaults.get(name.lower().rpartition(".")[2], "")) for name in archive.members
    }
    if not any(one in main for one in said.values()):
        raise BrokenDocument(f"The document is no {kind}, whatever its name says: its main part is missing.")
    return said


def parts_of(types: Mapping[str, str], finders: Mapping[str, Find]) -> dict[str, Open]:
    """Return the parts with words, types in the order of `finders`, slide 2 before slide 10. finders: by type."""
    order = {one: index for index, one in enumerate(finders)}
    found = (name for name, one in types.items() if one in finders)
    names = sorted(found, key=lambda name: _place(name, order[types[name]]))
    return {name: xml_part(name, finders[types[name]]) for name in names}


def _place(name: str, order: int) -> tuple[int, list[tuple[int, str]]]:
    return order, [(int(piece), "") if _NUMBER.fullmatch(piece) else (-1, piece) for piece in _NUMBER.split(name)]


def _properties(root: Element) -> Iterator[Slot]:
    return (text_slot(node) for node in root.iter() if short(node) in _READ)


SHARED: Mapping[str, Find] = {
    f"{FORMATS}.drawingml.chart+xml": drawing_slots,
    "application/vnd.ms-office.chartex+xml": drawing_slots,
    f"{FORMATS}.drawingml.diagramData+xml": drawing_slots,
    "application/vnd.ms-office.drawingml.diagramDrawing+xml": drawing_slots,
    "application/vnd.openxmlformats-package.core-properties+xml": _properties,
}
"""Parts that all of them have."""


def notes_of(archive: Archive) -> list[str]:
    """Return what a reader should know of a package of Office."""
    names = archive.members
    notes = []
    if any(name.startswith("_xmlsignatures/") for name in names):
        notes.append("The document is signed; its signature does not hold for the translation.")
    if any("/embeddings/" in name for name in names):
        notes.append("Files embedded in the document, such as the tables behind charts, stay as they are.")
    return notes
