"""Strings of workbooks, plain or with formatting; uses lxml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.documents.content import Unit
from app.documents.packages.fragments import Fragment, LostMarkup, Void, fragment_of
from app.documents.packages.runs import Item, Words, add_text, flat, grouped, look_of, run_like
from app.documents.packages.slots import Slot
from app.documents.packages.trees import XML_SPACE, Element, legal, short

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TO_ESCAPE = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")
_CHANGED = frozenset({"x:r", "x:rPh", "x:phoneticPr"})
"""What a translated string has no more: its old runs, and how its old words were pronounced."""


def plain_text(string: Element) -> str:
    """Return what a string says, without how it is pronounced."""
    texts = (node.text or "" for child in string for node in _texts(child))
    return unescaped("".join(texts))


def unescaped(text: str) -> str:
    """Return what `_x000D_` and its like stand for."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def string_slots(string: Element) -> Iterator[Slot]:
    """Yield the slot of a string, if it has words."""
    plain = next((child for child in string if short(child) == "x:t"), None)
    if plain is not None:
        text = plain
        yield Slot(Unit(unescaped(text.text or "")), lambda translation: _put_plain(string, text, translation))
        return
    nodes, base = grouped(item for child in string if short(child) == "x:r" for item in _items(child))
    fragment = fragment_of(nodes)
    if fragment is not None:
        whole = fragment
        yield Slot(whole.unit, lambda translation: _put_runs(string, whole, base, translation))


def _texts(child: Element) -> Iterator[Element]:
    if short(child) == "x:t":
        yield child
    elif short(child) == "x:r":
        yield from (node for node in child if short(node) == "x:t")


def _items(run: Element) -> Iterator[Item]:
    text = "".join(node.text or "" for node in _texts(run))
    if text:
        yield Words(text, look_of(run), run, (None, run))


def _put_plain(string: Element, plain: Element, translation: str) -> None:
    _clear(string)
    plain.text = legal(_TO_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", translation))
    if plain.text != plain.text.strip():
        plain.set(XML_SPACE, "preserve")


def _put_runs(string: Element, fragment: Fragment, base: Element | None, translation: str) -> None:
    nodes = fragment.nodes(translation)
    _clear(string)
    for one in flat(nodes, base):
        if isinstance(one, Void) or one[1] is None:
            raise LostMarkup("a cell has nothing but runs, but its translation has other things")
        run = run_like(one[1])
        add_text(run, one[0])
        string.append(run)


def _clear(string: Element) -> None:
    for child in list(string):
        if short(child) in _CHANGED:
            string.remove(child)
