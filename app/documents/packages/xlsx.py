"""Workbooks of Excel; uses lxml.

Words in cells, comments, shapes and charts' titles. Formulas, numbers, dates and names stay, and so does every text
that a formula, a table, a filter or a pivot refers to: in another language it would not be found any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from app.documents.content import Content, DocumentLimits
from app.documents.packages.archive import Archive, opened
from app.documents.packages.cells import plain_text, string_slots
from app.documents.packages.drawing import drawing_slots
from app.documents.packages.openxml import FORMATS, SHARED, notes_of, parts_of, types_of
from app.documents.packages.references import referred_to
from app.documents.packages.slots import Find, Package, Slot, text_slot
from app.documents.packages.trees import Element, short

_SHEETS = f"{FORMATS}.spreadsheetml"
_MACROS = "application/vnd.ms-excel"
_MAIN = (
    f"{_SHEETS}.sheet.main+xml",
    f"{_SHEETS}.template.main+xml",
    f"{_MACROS}.sheet.macroEnabled.main+xml",
    f"{_MACROS}.template.macroEnabled.main+xml",
)
_SHEET = f"{_SHEETS}.worksheet+xml"
_REFERRING = {*_MAIN, _SHEET, *(f"{_SHEETS}.{one}+xml" for one in ("table", "pivotCacheDefinition", "queryTable"))}


def read(data: bytes, limits: DocumentLimits) -> Content:
    """Read a workbook. Raises BrokenDocument, DocumentTooLarge, ProtectedDocument, UnsafeDocument."""
    archive = opened(data, limits)
    types = types_of(archive, "xlsx", _MAIN)
    kept = referred_to(archive, [name for name, one in types.items() if one in _REFERRING])
    met: set[str] = set()
    finders: dict[str, Find] = {
        f"{_SHEETS}.sharedStrings+xml": partial(_strings, kept, met),
        _SHEET: partial(_inline_strings, kept, met),
        **_FINDERS,
    }
    used = {name: one for name, one in types.items() if one != _SHEET or _has_inline_strings(archive, name)}
    content = Package(data, archive, parts_of(used, finders)).content()
    return Content(content.units, content.write, content.source, (*notes_of(archive), *_notes(met)))


def _notes(met: set[str]) -> Iterator[str]:
    if met:
        shown = ", ".join(repr(one[:40]) for one in sorted(met)[:5])
        yield f"Texts that formulas, tables, filters or pivots refer to stay as they are ({len(met)} of them: {shown})."


def _has_inline_strings(archive: Archive, name: str) -> bool:
    return b"inlineStr" in archive.read(name).replace(b"\0", b"")


def _strings(kept: frozenset[str], met: set[str], root: Element) -> Iterator[Slot]:
    for string in root:
        yield from _unless_kept(string, kept, met)


def _inline_strings(kept: frozenset[str], met: set[str], root: Element) -> Iterator[Slot]:
    for string in root.iter():
        if short(string) == "x:is":
            yield from _unless_kept(string, kept, met)


def _unless_kept(string: Element, kept: frozenset[str], met: set[str]) -> Iterator[Slot]:
    text = plain_text(string)
    if text.strip().casefold() in kept:
        met.add(text)
    else:
        yield from string_slots(string)


def _comments(root: Element) -> Iterator[Slot]:
    for node in root.iter():
        if short(node) == "x:text":
            yield from string_slots(node)


def _threads(root: Element) -> Iterator[Slot]:
    return (text_slot(node) for node in root.iter() if short(node) == "threads:text")


_FINDERS = {
    f"{_SHEETS}.comments+xml": _comments,
    "application/vnd.ms-excel.threadedcomments+xml": _threads,
    f"{FORMATS}.drawing+xml": drawing_slots,
    **SHARED,
}
