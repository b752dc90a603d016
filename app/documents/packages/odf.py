"""Text documents, presentations and spreadsheets of OpenDocument; uses lxml.

Paragraphs and headings wherever they are: body, tables, headers, footers, notes, comments, text boxes, masters, titles
of charts. In spreadsheets formulas, their results, numbers and dates stay, and so does every text that a formula, a
filter or a pivot refers to: in another language it would not be found any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from app.documents.content import Content, DocumentLimits
from app.documents.errors import BrokenDocument, ProtectedDocument
from app.documents.packages.archive import Archive, opened
from app.documents.packages.odf_text import paragraph_slots, plain_text, styles_of
from app.documents.packages.references import literals
from app.documents.packages.slots import Find, Open, Package, Slot, text_slot, xml_part
from app.documents.packages.trees import Element, attribute, attribute_name, inside, parsed, short

_CONTENT, _MANIFEST, _SIGNATURES = "content.xml", "META-INF/manifest.xml", "META-INF/documentsignatures.xml"
_OBJECT = re.compile(r"[^/]+/content\.xml")
_PARAGRAPHS = frozenset({"text:p", "text:h"})
_PLAIN = frozenset({"svg:title", "svg:desc", "presentation:header-decl", "presentation:footer-decl"})
_UNSEEN = frozenset({"text:tracked-changes", "chart:chart"})
_TITLES = frozenset({"chart:title", "chart:subtitle", "chart:footer"})
_READ = frozenset({"dc:title", "dc:subject"})
_FORMULAS = frozenset({"formula", "condition", "expression"})
_NAMED = {"table:data-pilot-field": "source-field-name", "table:filter-condition": "value"}


def read(data: bytes, limits: DocumentLimits) -> Content:
    """Read a document. Raises BrokenDocument, DocumentTooLarge, ProtectedDocument, UnsafeDocument."""
    archive = opened(data, limits)
    _refuse_encrypted(archive)
    kept, met = _referred_to(archive), set[str]()
    content = Package(data, archive, dict(_parts(archive, kept, met))).content()
    return Content(content.units, content.write, content.source, tuple(_notes(archive, met)))


def _refuse_encrypted(archive: Archive) -> None:
    if _MANIFEST in archive.members:
        root = parsed(archive.read(_MANIFEST), _MANIFEST, may_name_its_type=True).getroot()
        if any(short(node) == "manifest:encryption-data" for node in root.iter()):
            raise ProtectedDocument("The document is behind a password. Save it without one.")


def _referred_to(archive: Archive) -> frozenset[str]:
    root = parsed(archive.read(_CONTENT), _CONTENT, may_name_its_type=True).getroot()
    if not any(short(node) == "office:body" for node in root):
        raise BrokenDocument("The document is no odt, odp or ods, whatever its name says: it has no body.")
    return frozenset(text.strip().casefold() for node in root.iter() for text in _references(node))


def _references(node: Element) -> Iterator[str]:
    for key, value in node.attrib.items():
        if '"' in value and attribute_name(key) in _FORMULAS:
            yield from literals(value)
    named = _NAMED.get(short(node))
    if named:
        yield attribute(node, named)


def _parts(archive: Archive, kept: frozenset[str], met: set[str]) -> Iterator[tuple[str, Open]]:
    finders: dict[str, Find] = {
        _CONTENT: partial(_body, kept, met),
        "styles.xml": _masters,
        **{name: _titles for name in archive.members if _OBJECT.fullmatch(name)},
        "meta.xml": _properties,
    }
    for name, find in finders.items():
        if name in archive.members:
            yield name, xml_part(name, find, may_name_its_type=True)


def _notes(archive: Archive, met: set[str]) -> Iterator[str]:
    if _SIGNATURES in archive.members:
        yield "The document is signed; its signature does not hold for the translation."
    if met:
        shown = ", ".join(repr(one[:40]) for one in sorted(met)[:5])
        yield f"Texts that formulas, filters or pivots refer to stay as they are ({len(met)} of them: {shown})."


def _body(kept: frozenset[str], met: set[str], root: Element) -> Iterator[Slot]:
    styles, unseen = styles_of(root), inside(root, _UNSEEN)
    for node in root.iter():
        name = short(node)
        if name in _PLAIN:
            yield text_slot(node)
        elif name in _PARAGRAPHS and node not in unseen:
            cell = node.getparent()
            if short(cell) not in {"table:table-cell", "table:covered-table-cell"}:
                yield from paragraph_slots(node, styles)
            elif _is_text(cell):
                text = plain_text(node)
                if text.strip().casefold() in kept:
                    met.add(text)
                else:
                    yield from paragraph_slots(node, styles, cell)


def _is_text(cell: Element) -> bool:
    return not attribute(cell, "formula") and attribute(cell, "value-type") in {"", "string"}


def _masters(root: Element) -> Iterator[Slot]:
    """Yield what masters show on every page or slide; what they say where nothing is yet stays."""
    styles = styles_of(root)
    prompts = {node for frame in root.iter() if attribute(frame, "class") for node in frame.iter()}
    for node in root.iter():
        if short(node) in _PARAGRAPHS and node not in prompts:
            yield from paragraph_slots(node, styles)


def _titles(root: Element) -> Iterator[Slot]:
    styles, titles = styles_of(root), inside(root, _TITLES)
    for node in root.iter():
        if short(node) in _PARAGRAPHS and node in titles:
            yield from paragraph_slots(node, styles)


def _properties(root: Element) -> Iterator[Slot]:
    return (text_slot(node) for node in root.iter() if short(node) in _READ)
