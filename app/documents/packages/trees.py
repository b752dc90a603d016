"""XML of strangers as trees: no DTD, no entities, no network, no endless depth; and as bytes again. Pure; uses lxml."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TypeAlias

from lxml import etree

from app.documents.errors import BrokenDocument, UnsafeDocument

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml gives its elements no public name
Tree: TypeAlias = etree._ElementTree  # noqa: SLF001

SAFELY = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
}
"""For every parser of lxml that reads what a stranger sent."""

XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

_OFFICE = "schemas.openxmlformats.org"
_ISO = "purl.oclc.org/ooxml"  # the same names in "strict" documents
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_PREFIXES = {
    f"http://{_OFFICE}/wordprocessingml/2006/main": "w",
    f"http://{_ISO}/wordprocessingml/main": "w",
    f"http://{_OFFICE}/drawingml/2006/main": "a",
    f"http://{_ISO}/drawingml/main": "a",
    f"http://{_OFFICE}/presentationml/2006/main": "p",
    f"http://{_ISO}/presentationml/main": "p",
    f"http://{_OFFICE}/spreadsheetml/2006/main": "x",
    f"http://{_ISO}/spreadsheetml/main": "x",
    f"http://{_OFFICE}/drawingml/2006/wordprocessingDrawing": "wp",
    f"http://{_ISO}/drawingml/wordprocessingDrawing": "wp",
    f"http://{_OFFICE}/drawingml/2006/spreadsheetDrawing": "xdr",
    f"http://{_ISO}/drawingml/spreadsheetDrawing": "xdr",
    f"http://{_OFFICE}/package/2006/content-types": "types",
    "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments": "threads",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://www.idpf.org/2007/opf": "opf",
    "http://www.daisy.org/z3986/2005/ncx/": "ncx",
    "urn:oasis:names:tc:opendocument:xmlns:container": "container",
    "http://www.w3.org/2001/04/xmlenc#": "enc",
    f"{_ODF}:svg-compatible:1.0": "svg",
    **{
        f"{_ODF}:{name}:1.0": name for name in ("office", "text", "table", "style", "presentation", "manifest", "chart")
    },
}
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[<>]*>")


def parsed(data: bytes, name: str, *, may_name_its_type: bool = False) -> Tree:
    """Return the tree of a member. Raises BrokenDocument, UnsafeDocument.

    may_name_its_type: a document type without definitions of its own is fine; it is not fetched.
    """
    refuse_types(data, name, may_name_its_type=may_name_its_type)
    try:
        tree: Tree = etree.ElementTree(etree.fromstring(data, etree.XMLParser(strip_cdata=False, **SAFELY)))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise unreadable(name, error) from error
    types = tree.docinfo.internalDTD  # in an encoding in which it was not seen
    if types is not None and (not may_name_its_type or any(types.iterentities())):
        raise unsafe_types(name)
    return tree


def unreadable(name: str, error: Exception) -> BrokenDocument:
    """Return the error for XML that no parser can read."""
    return BrokenDocument(f"{name!r} in the document cannot be read: {str(error)[:200]}.")


def refuse_types(data: bytes, name: str, *, may_name_its_type: bool = False) -> None:
    """Raise UnsafeDocument where XML defines a document type, before any parser sees it."""
    plain = data.replace(b"\0", b"")  # UTF-16 reads as ASCII
    if may_name_its_type:
        plain = _DOCTYPE.sub(b"", plain, count=1)
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise unsafe_types(name)


def unsafe_types(name: str) -> UnsafeDocument:
    """Return the error for XML that says of itself what its entities are."""
    return UnsafeDocument(f"{name!r} in the document defines a document type, which no such file needs.")


def serialised(tree: Tree) -> bytes:
    """Return the bytes of a tree, in the encoding that it came in."""
    about = tree.docinfo
    standalone = about.standalone or None  # "no" is what is meant where nothing is said
    written: bytes = etree.tostring(
        tree, encoding=about.encoding or "UTF-8", xml_declaration=True, standalone=standalone
    )
    return written


def short(node: Element) -> str:
    """Return an element's name with a prefix of ours (`w:p`), whatever its own; "" for what is no element."""
    if not isinstance(node.tag, str):
        return ""
    namespace, _, local = node.tag.rpartition("}")
    return f"{_PREFIXES.get(namespace[1:], '?')}:{local}"


def beside(node: Element, local: str) -> str:
    """Return the full name of `local` in the namespace of an element."""
    namespace, brace, _ = str(node.tag).rpartition("}")
    return f"{namespace}{brace}{local}"


def attribute_name(key: str) -> str:
    """Return an attribute's local name."""
    return key.rpartition("}")[2]


def attribute(node: Element, local: str) -> str:
    """Return an attribute by its local name, whatever its namespace; "" where there is none."""
    found = next((value for key, value in node.attrib.items() if attribute_name(key) == local), "")
    return str(found)


def inside(root: Element, names: Collection[str]) -> set[Element]:
    """Return all elements that are in elements of these names, these included."""
    return {node for holder in root.iter() if short(holder) in names for node in holder.iter()}


def legal(text: str) -> str:
    """Leave out the characters that XML does not have."""
    return _ILLEGAL.sub("", text)


_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
