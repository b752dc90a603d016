"""Paragraphs of DrawingML: shapes, tables, notes, charts' titles and SmartArt in all formats of Office; uses lxml."""

from __future__ import annotations

from collections.abc import Iterator

from app.documents.packages.fragments import Fragment, Void, fragment_of
from app.documents.packages.runs import Item, Words, add_text, flat, grouped, look_of, run_like
from app.documents.packages.slots import Slot, attribute_slot
from app.documents.packages.trees import Element, beside, short

_FIXED = frozenset({"a:pPr", "a:endParaRPr"})
_DESCRIBED = frozenset({"wp:docPr", "p:cNvPr", "xdr:cNvPr"})


def drawing_slots(root: Element) -> Iterator[Slot]:
    """Yield the paragraphs of DrawingML in a part, and what is said of images for those who cannot see them."""
    for node in root.iter():
        name = short(node)
        if name == "a:p":
            yield from paragraph_slots(node)
        elif name in _DESCRIBED and node.get("descr"):
            yield attribute_slot(node, "descr")


def paragraph_slots(paragraph: Element) -> Iterator[Slot]:
    """Yield the slot of one paragraph, if it has words."""
    nodes, base = grouped(_items(paragraph))
    fragment = fragment_of(nodes)
    if fragment is not None:
        whole = fragment
        yield Slot(whole.unit, lambda translation: _put(paragraph, whole, base, translation))


def _items(paragraph: Element) -> Iterator[Item]:
    for child in paragraph:
        name = short(child)
        if name == "a:r":
            text = "".join(node.text or "" for node in child if short(node) == "a:t")
            if text:
                yield Words(text, look_of(child), child, (None, child))
        elif name not in _FIXED:
            yield Void(child, splits=name == "a:br")


def _put(paragraph: Element, fragment: Fragment, base: Element | None, translation: str) -> None:
    nodes = fragment.nodes(translation)
    for child in list(paragraph):
        if short(child) not in _FIXED:
            paragraph.remove(child)
    last = next((child for child in paragraph if short(child) == "a:endParaRPr"), None)
    for one in flat(nodes, base):
        made = one.payload if isinstance(one, Void) else _run(paragraph, *one)
        paragraph.append(made) if last is None else last.addprevious(made)


def _run(paragraph: Element, text: str, like: Element | None) -> Element:
    run = paragraph.makeelement(beside(paragraph, "r")) if like is None else run_like(like)
    add_text(run, text)
    return run
