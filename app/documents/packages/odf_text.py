"""Paragraphs of OpenDocument: spans, links, white space, fields, notes, bookmarks; uses lxml."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeAlias

from lxml import etree

from app.documents.packages.fragments import MOST_NESTED, Fragment, Node, Span, Void, fragment_of, paired
from app.documents.packages.slots import Slot
from app.documents.packages.trees import Element, attribute, attribute_name, short

Styles: TypeAlias = Mapping[str, Hashable]
"""What the automatic styles of text look like, by name; () where they look like nothing."""

_HOLDERS = frozenset({"text:a", "text:meta"})
_NAMES = frozenset({"name", "family", "display-name"})
_SPLITS = frozenset({"text:tab", "text:line-break"})
_DROPPED = frozenset({"text:soft-page-break"})
_PAIRS = {
    "text:bookmark-start": "name",
    "text:reference-mark-start": "name",
    "text:change-start": "change-id",
    "office:annotation": "name",
    "text:toc-mark-start": "id",
    "text:user-index-mark-start": "id",
    "text:alphabetical-index-mark-start": "id",
    "text:bookmark-end": "name",
    "text:reference-mark-end": "name",
    "text:change-end": "change-id",
    "office:annotation-end": "name",
    "text:toc-mark-end": "id",
    "text:user-index-mark-end": "id",
    "text:alphabetical-index-mark-end": "id",
}
_SPACE_CHARACTERS = " \t\r\n"
_SPACE = re.compile(r"[ \t\r\n]+")
_PIECES = re.compile(r"[ \t\r\n]+|[^ \t\r\n]+")
_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_TEXT_S, _TEXT_C = f"{{{_NAMESPACE}}}s", f"{{{_NAMESPACE}}}c"
_COUNT = re.compile("[0-9]{1,4}")
_MOST_SPACES = 1_000  # at one place; more are no typing


def styles_of(root: Element) -> Styles:
    """Return the automatic styles of a part. Those that differ only in when they were typed are equal."""
    automatic = (node for child in root if short(child) == "office:automatic-styles" for node in child)
    return {attribute(node, "name"): _look(node) for node in automatic if attribute(node, "family") == "text"}


def _look(style: Element) -> Hashable:
    own = sorted(
        item for item in style.attrib.items() if attribute_name(item[0]) not in {"name", "family", "display-name"}
    )
    inner: list[Hashable] = []
    is_bare = not own
    for event, node in etree.iterwalk(style, events=("start", "end")):
        if node is not style:
            kept = sorted(item for item in node.attrib.items() if not item[0].endswith("rsid"))
            is_bare = is_bare and not kept
            inner.append((node.tag, *kept) if event == "start" else None)
    return () if is_bare else (*own, *inner)


def plain_text(paragraph: Element) -> str:
    """Return the words of a paragraph."""
    return "".join(_words(_nodes(paragraph, {}, _Reading(), depth=0)))


def _words(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, Span):
            yield from _words(node.children)


def paragraph_slots(paragraph: Element, styles: Styles, cell: Element | None = None) -> Iterator[Slot]:
    """Yield the slot of one paragraph, if it has words. cell: the one that it is the text of."""
    fragment = fragment_of(_nodes(paragraph, styles, _Reading(), depth=0))
    if fragment is not None:
        whole = fragment
        yield Slot(whole.unit, lambda translation: _put(paragraph, whole, cell, translation))


# Reading


class _Reading:
    """Knows whether white space just was, since more of it counts for nothing; so does that at the start."""

    def __init__(self) -> None:
        self._after_space = True

    def read(self, text: str | None) -> str:
        words = _SPACE.sub(" ", text or "")
        if self._after_space:
            words = words.removeprefix(" ")
        if words:
            self._after_space = words.endswith(" ")
        return words

    def meet(self) -> None:
        """Something that is seen."""
        self._after_space = False


@dataclass(frozen=True, slots=True)
class _Around:
    """Both ends of a bookmark, a comment, a change."""

    before: Element
    after: Element


def _nodes(holder: Element, styles: Styles, reading: _Reading, *, depth: int) -> list[Node]:
    found: list[Node] = [reading.read(holder.text)]
    for child in holder:
        name = short(child)
        if name == "text:s" and (count := _count(child)) <= _MOST_SPACES:
            reading.meet()
            found.append(" " * count)
        elif name == "text:span" and depth < MOST_NESTED:
            found += _span(child, styles, reading, depth)
        elif name in _HOLDERS and depth < MOST_NESTED:
            found.append(Span(child, tuple(_nodes(child, styles, reading, depth=depth + 1))))
        elif name not in _DROPPED:
            found.append(_thing(child, name))
            if name not in _PAIRS:
                reading.meet()
        found.append(reading.read(child.tail))
    return _joined(paired(found, lambda start, end: _Around(start.payload, end.payload)), styles)


def _count(spaces: Element) -> int:
    said = attribute(spaces, "c") or "1"
    return int(said) if _COUNT.fullmatch(said) else _MOST_SPACES + 1


def _span(span: Element, styles: Styles, reading: _Reading, depth: int) -> list[Node]:
    inner = _nodes(span, styles, reading, depth=depth + 1)
    return inner if _look_of(span, styles) == () else [Span(span, tuple(inner))]


def _look_of(span: Element, styles: Styles) -> Hashable:
    name = attribute(span, "style-name")
    return styles.get(name, name)


def _thing(node: Element, name: str) -> Void:
    pair = name.removesuffix("-start").removesuffix("-end")
    key = f"{pair} {attribute(node, _PAIRS[name])}" if name in _PAIRS else ""
    is_end = name.endswith("-end")
    return Void(node, splits=name in _SPLITS, opens="" if is_end else key, closes=key if is_end else "")


def _joined(nodes: Iterable[Node], styles: Styles) -> list[Node]:
    """Put words together, and spans side by side that look alike."""
    joined: list[Node] = []
    for _, group in groupby((node for node in nodes if node != ""), key=lambda node: _kind(node, styles)):
        alike = list(group)
        spans = [node for node in alike if isinstance(node, Span)]
        if isinstance(alike[0], str):
            joined.append("".join(node for node in alike if isinstance(node, str)))
        elif len(spans) > 1:
            inner = _joined((child for span in spans for child in span.children), styles)
            joined.append(replace(spans[0], children=tuple(inner)))
        else:
            joined += alike
    return joined


def _kind(node: Node, styles: Styles) -> Hashable:
    """Return what nodes side by side have in common that are put together."""
    if isinstance(node, str):
        return str
    if isinstance(node, Span) and not isinstance(node.payload, _Around) and short(node.payload) == "text:span":
        return "span", _look_of(node.payload, styles)
    return id(node)


# Writing


def _put(paragraph: Element, fragment: Fragment, cell: Element | None, translation: str) -> None:
    nodes = fragment.nodes(translation)
    _clear(paragraph)
    _Writing().write(paragraph, nodes)
    if cell is not None:
        for name in [name for name in cell.attrib if attribute_name(name) == "string-value"]:
            del cell.attrib[name]  # it says the old words again, and would win


def _clear(holder: Element) -> None:
    holder.text = None
    for child in list(holder):
        holder.remove(child)


class _Writing:
    """Knows whether a plain space would count: not at the start, nor behind another one."""

    def __init__(self) -> None:
        self._after_space = True

    def write(self, parent: Element, nodes: Iterable[Node]) -> None:
        for node in nodes:
            if isinstance(node, str):
                self._text(parent, node)
            elif isinstance(node, Void):
                self._thing(parent, node.payload)
            elif isinstance(node.payload, _Around):
                self._thing(parent, node.payload.before)
                self.write(parent, node.children)
                self._thing(parent, node.payload.after)
            else:
                _clear(node.payload)
                _append(parent, node.payload)
                self.write(node.payload, node.children)

    def _thing(self, parent: Element, node: Element) -> None:
        _append(parent, node)
        self._after_space = self._after_space and short(node) in _PAIRS

    def _text(self, parent: Element, text: str) -> None:
        for piece in _PIECES.findall(text):
            if piece[0] not in _SPACE_CHARACTERS:
                _add_text(parent, piece)
            else:
                self._spaces(parent, len(piece))
            self._after_space = piece == " "

    def _spaces(self, parent: Element, count: int) -> None:
        if not self._after_space:
            _add_text(parent, " ")
            count -= 1
        if count:
            spaces = etree.SubElement(parent, _TEXT_S)
            spaces.set(_TEXT_C, str(count))


def _append(parent: Element, node: Element) -> None:
    node.tail = None
    parent.append(node)


def _add_text(parent: Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text
