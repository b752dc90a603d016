"""Which texts of a workbook are referred to by their words: by formulas, tables, filters, pivots; uses lxml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import BytesIO

from lxml import etree

from app.documents.packages.archive import Archive
from app.documents.packages.cells import unescaped
from app.documents.packages.trees import SAFELY, Element, refuse_types, short, unreadable

_FORMULAS = frozenset(
    {
        *("x:f", "x:formula", "x:formula1", "x:formula2", "x:definedName"),
        *("x:calculatedColumnFormula", "x:totalsRowFormula"),
        "?:f",  # of validations in newer extensions
    }
)
_NAMED = {
    "x:tableColumn": ("name", "totalsRowLabel"),
    "x:cacheField": ("name",),
    "x:filter": ("val",),
    "x:customFilter": ("val",),
    "x:queryTableField": ("name",),
}
_LITERAL = re.compile(r'"((?:[^"]|"")*)"')


def referred_to(archive: Archive, names: Iterable[str]) -> frozenset[str]:
    """Return the texts that these members refer to, without spaces around them and without case."""
    found = (text for name in names for text in _in_member(archive.read(name), name))
    return frozenset(text.strip().casefold() for text in found)


def literals(formula: str) -> Iterator[str]:
    """Yield the texts in a formula, and what is in a list of them."""
    for literal in _LITERAL.findall(formula):
        text = literal.replace('""', '"')
        yield text
        if "," in text:
            yield from text.split(",")


def _in_member(data: bytes, name: str) -> Iterator[str]:
    refuse_types(data, name)
    try:
        for _, node in etree.iterparse(BytesIO(data), events=("end",), **SAFELY):
            yield from _in_element(node)
            if short(node) == "x:row":  # a sheet is mostly rows, and its tree would take ten times its size
                _forget(node)
    except etree.XMLSyntaxError as error:
        raise unreadable(name, error) from error


def _in_element(node: Element) -> Iterator[str]:
    name = short(node)
    if name in _FORMULAS:
        yield from literals(node.text or "")
    for attribute in _NAMED.get(name, ()):
        yield unescaped(node.get(attribute) or "")


def _forget(node: Element) -> None:
    node.clear(keep_tail=False)
    while node.getprevious() is not None:
        del node.getparent()[0]
