"""Books in EPUB 2 and 3; uses lxml for what lists their pages, never for the pages.

Pages, tables of contents, the title and the description; the book says the new language. Images, SVG and sound stay.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

from app.documents.content import Content, DocumentLimits
from app.documents.errors import BrokenDocument, ProtectedDocument
from app.documents.packages.archive import Archive, opened
from app.documents.packages.slots import Open, Package, Part, Slot, text_slot, xml_part
from app.documents.packages.trees import Element, parsed, serialised, short
from app.documents.packages.xhtml import xhtml_part
from app.text.characters import has_letter

_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
_SIGNATURES = "META-INF/signatures.xml"
_PAGE, _CONTENTS = "application/xhtml+xml", "application/x-dtbncx+xml"
_OBFUSCATION = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})  # of fonts; no DRM
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_READ = frozenset({"dc:title", "dc:description"})
_LABELS = frozenset({"ncx:navLabel", "ncx:docTitle", "ncx:navInfo"})


def read(data: bytes, limits: DocumentLimits) -> Content:
    """Read a book. Raises BrokenDocument, DocumentTooLarge, ProtectedDocument, UnsafeDocument."""
    archive = opened(data, limits)
    _refuse_encrypted(archive)
    name = _package_name(archive)
    root = parsed(archive.read(name), name, may_name_its_type=True).getroot()
    language = next((node.text or "" for node in root.iter() if short(node) == "dc:language"), "").strip()
    parts = {name: _package_part(name), **dict(_listed(archive, name, root, language))}
    notes = ["The book is signed; its signature does not hold for the translation."] * (_SIGNATURES in archive.members)
    source = language if _LANGUAGE.fullmatch(language) else ""
    return Package(data, archive, parts, frozenset({name})).content(source=source, notes=notes)


def _refuse_encrypted(archive: Archive) -> None:
    if _ENCRYPTION not in archive.members:
        return
    root = parsed(archive.read(_ENCRYPTION), _ENCRYPTION).getroot()
    for node in root.iter():
        if short(node) != "enc:EncryptedData":
            continue
        methods = {child.get("Algorithm") for child in node if short(child) == "enc:EncryptionMethod"}
        if not methods or methods - _OBFUSCATION:
            raise ProtectedDocument("The book is protected against copying (DRM). Send one without protection.")


def _package_name(archive: Archive) -> str:
    root = parsed(archive.read(_CONTAINER), _CONTAINER).getroot()
    for node in root.iter():
        if short(node) == "container:rootfile" and node.get("full-path"):
            return str(node.get("full-path"))
    raise BrokenDocument("The document is no epub, whatever its name says: it does not say where its pages are listed.")


def _listed(archive: Archive, package: str, root: Element, language: str) -> Iterator[tuple[str, Open]]:
    """Yield the pages in the order in which they are read, then other pages, then the table of contents."""
    items = {node.get("id", ""): node for node in root.iter() if short(node) == "opf:item"}
    read = [node.get("idref", "") for node in root.iter() if short(node) == "opf:itemref"]
    for key in dict.fromkeys([*read, *items]):
        if key in items and items[key].get("media-type") in {_PAGE, _CONTENTS}:
            path = posixpath.join(posixpath.dirname(package), unquote(items[key].get("href", "")))
            name = posixpath.normpath(path)
            if name in archive.members:
                is_page = items[key].get("media-type") == _PAGE
                yield name, xhtml_part(name, language) if is_page else xml_part(name, _labels, may_name_its_type=True)


def _labels(root: Element) -> Iterator[Slot]:
    for node in root.iter():
        if short(node) == "ncx:text" and short(node.getparent()) in _LABELS:
            yield text_slot(node)


def _package_part(name: str) -> Open:
    """Return how the list of pages is opened: its title and description are words, and it says the language."""

    def opening(data: bytes) -> Part:
        tree = parsed(data, name, may_name_its_type=True)
        nodes = list(tree.getroot().iter())
        titles = [node for node in nodes if short(node) in _READ and has_letter(node.text or "")]

        def written(target: str) -> bytes:
            said = next((node for node in nodes if short(node) == "dc:language"), None)
            if said is not None:
                said.text = target
            return serialised(tree)

        return Part([text_slot(node) for node in titles], written)

    return opening
