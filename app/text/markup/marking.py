"""From the items of one block to its plain text and its marks; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.text.document import Range
from app.text.inline import Mark
from app.text.markup.items import Item, Kind

_SPACES = re.compile(r"[ \t\n\r\f]+")


@dataclass(slots=True)
class _Node:
    """A mark in the making. `items` is the range of items that it was made from."""

    start: int
    end: int = 0
    before: str = ""
    after: str = ""
    literal: str | None = None
    items: tuple[int, int] = (0, 0)
    children: list[_Node] = field(default_factory=list)

    @property
    def range(self) -> Range:
        return self.start, self.end

    @property
    def is_void(self) -> bool:
        return self.start == self.end


def marked(items: Sequence[Item]) -> tuple[str, tuple[Mark, ...]]:
    """Return the text of items and the marks on it. Tags are paired and nested.

    White space is collapsed, and kept outside of tags. Marks at one place are folded into one another, so that the
    order of a `Segment` (outer before inner, literals innermost) says all: `<br><b>` is one mark's `before`.
    """
    root = _Node(0)
    text, nodes = _tree(items, root)
    for node in nodes:
        _tighten(node, text)
    if not any(item.keeps_space for item in items if item.kind is Kind.TEXT):
        text = text.rstrip(" ")
    root.end = len(text)
    for node in [root, *nodes]:
        _settle(node, items)
    for node in [*reversed(nodes), root]:
        _fold(node, is_root=node is root)
    return text, tuple(Mark(one.start, one.end, one.literal, one.before, one.after) for one in _preorder(root))


def _tree(items: Sequence[Item], root: _Node) -> tuple[str, list[_Node]]:
    text = _Text()
    nodes: list[_Node] = []
    path = [root]
    for index, item in enumerate(items):
        if item.kind is Kind.TEXT:
            text.add(item)
            continue
        if item.kind is Kind.CLOSE:
            node = path.pop()
            node.end, node.after, node.items = text.length, item.written, (node.items[0], index + 1)
            continue
        node = _Node(text.length, text.length, before=item.written, items=(index, index + 1))
        path[-1].children.append(node)
        nodes.append(node)
        if item.kind is Kind.OPEN:
            path.append(node)
        elif item.kind is Kind.LITERAL:
            text.add(item)
            node.end, node.before, node.literal = text.length, "", item.written
        if item.kind is Kind.VOID:
            text.seen = node if item.keeps_space else None
    return "".join(text.parts), nodes


class _Text:
    """Collects words with single spaces between them."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.seen: _Node | None = None  # a visible void since the last words
        self._spaced = True

    def add(self, item: Item) -> None:
        piece = item.text if item.keeps_space else _SPACES.sub(" ", item.text)
        if self._spaced and item.kind is Kind.TEXT and not item.keeps_space and piece.startswith(" "):
            piece = piece[1:]
            if self.seen is not None:
                self.seen.before += " "  # "a <img> b" has a space on either side
        self.seen = None
        if piece:
            self.parts.append(piece)
            self.length += len(piece)
            self._spaced = piece.endswith(" ")


def _tighten(node: _Node, text: str) -> None:
    if node.literal is None:
        while node.start < node.end and text[node.start] == " ":
            node.start += 1
        while node.end > node.start and text[node.end - 1] == " ":
            node.end -= 1


def _settle(node: _Node, items: Sequence[Item]) -> None:
    """Make one void of a pair without words, and keep what is inside of a pair inside. Outer nodes come first."""
    if node.is_void and node.after:
        node.before = "".join(item.written for item in items[slice(*node.items)] if item.kind is not Kind.TEXT)
        node.after = ""
        node.children = []  # they are in `before` now
    for child in node.children:
        if child.start >= child.end:
            if child.start > node.end and child.before.endswith(" "):
                child.before = " " + child.before[:-1]  # the space before it is behind the pair now
            child.start = child.end = min(max(child.start, node.start), node.end)


def _fold(node: _Node, *, is_root: bool) -> None:
    """Fold voids into what starts or ends at the same place, and an only child of the same range into `node`.

    A void that touches a tag would be on either side of it when both are moved.
    """
    kept: list[_Node] = []
    for child in reversed(node.children):
        if child.is_void and kept and not kept[-1].is_void and kept[-1].start == child.start:
            _prefix(kept[-1], child.before)
        elif child.is_void and not is_root and child.start == node.end:
            node.after = child.before + node.after
        else:
            kept.append(child)
    node.children = list(_without_followers(node, kept[::-1], is_root=is_root))
    if len(node.children) == 1 and not is_root and node.children[0].range == node.range:
        _absorb(node, node.children[0])


def _without_followers(node: _Node, children: Sequence[_Node], *, is_root: bool) -> Iterator[_Node]:
    previous: _Node | None = None
    for child in children:
        if child.is_void and not is_root and child.start == node.start:
            node.before += child.before
        elif child.is_void and previous is not None and previous.end == child.start:
            _suffix(previous, child.before)
        else:
            yield child
            previous = None if child.is_void else child


def _prefix(node: _Node, raw: str) -> None:
    if node.literal is None:
        node.before = raw + node.before
    else:
        node.literal = raw + node.literal


def _suffix(node: _Node, raw: str) -> None:
    if node.literal is None:
        node.after += raw
    else:
        node.literal += raw


def _absorb(node: _Node, child: _Node) -> None:
    node.children = child.children
    if child.literal is not None:
        node.literal, node.before, node.after = node.before + child.literal + node.after, "", ""
    else:
        node.before += child.before
        node.after = child.after + node.after


def _preorder(root: _Node) -> Iterator[_Node]:
    waiting = root.children[::-1]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))
