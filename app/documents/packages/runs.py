"""Runs of text as Office writes them: those that look alike put together, and runs again; uses lxml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeAlias, TypeGuard

from lxml import etree

from app.documents.packages.fragments import Node, Span, Void
from app.documents.packages.trees import XML_SPACE, Element, beside, short

Piece: TypeAlias = "tuple[Element | None, Element]"
"""A thing in a paragraph, and the run that it stands in, if it does."""

_NOISE = frozenset({"w:lang", "w:noProof"})
_NOISY_ATTRIBUTES = frozenset({"lang", "altLang", "dirty", "err", "noProof", "smtClean", "smtId"})  # of a:rPr
_PROPERTIES = frozenset({"w:rPr", "a:rPr", "x:rPr"})
_SPACE_IS_SAID = frozenset({"w:r", "x:r"})  # spaces at the ends of their text count only if it says so


@dataclass(frozen=True, slots=True)
class Words:
    """Text of a run. look: equal for runs that look alike. piece: it, should it be taken as a thing."""

    text: str
    look: Hashable
    run: Element
    piece: Piece


Item: TypeAlias = "Words | Void | Span"
"""What a paragraph is made of before runs are put together; so are the children of its spans."""


def properties_of(run: Element) -> Element | None:
    """Return the element with a run's formatting."""
    return next((child for child in run if short(child) in _PROPERTIES), None)


def look_of(run: Element) -> Hashable:
    """Return what a run looks like: its formatting, without what a spelling checker notes there."""
    properties = properties_of(run)
    if properties is None:
        return ()
    own = tuple(sorted(item for item in properties.attrib.items() if item[0] not in _NOISY_ATTRIBUTES))
    inner: list[Hashable] = []
    for event, node in etree.iterwalk(properties, events=("start", "end")):
        if node is not properties and short(node) not in _NOISE:
            inner.append((node.tag, node.text, *sorted(node.attrib.items())) if event == "start" else None)
    return (own, *inner) if own or inner else ()


def grouped(items: Iterable[Item]) -> tuple[list[Node], Element | None]:
    """Return a paragraph's nodes, and the run whose look its bare words have: the one with most of the text.

    Words that look otherwise are in a span, whose base is their run.
    """
    looks = list(_looks(map(_inner, items)))
    sizes: Counter[Hashable] = Counter()
    runs: dict[Hashable, Element] = {}
    for look, item in looks:
        if isinstance(item, Words):
            sizes[look] += len(item.text)
            runs.setdefault(item.look, item.run)
    base = max(sizes, key=lambda look: sizes[look], default=None)
    nodes: list[Node] = []
    for look, group in groupby(looks, key=lambda pair: pair[0]):
        inner = _joined(item for _, item in group)
        nodes += inner if look in {None, base} else [Span(None, tuple(inner), runs[look])]
    return _joined(nodes), runs.get(base)


def _inner(item: Item) -> Item:
    if not isinstance(item, Span):
        return item
    nodes, base = grouped(item.children)
    return replace(item, children=tuple(nodes), base=base)


def _looks(items: Iterable[Item]) -> Iterator[tuple[Hashable, Item]]:
    """Yield items with the look that they are grouped by; None for what is no words.

    A single space looks like the words before it, so that it parts nothing; so does a thing between words that look
    alike.
    """
    before: Hashable = None
    waiting: list[Words | Void] = []
    for item in items:
        if _is_filler(item):
            waiting.append(item)
            continue
        look = item.look if isinstance(item, Words) else None
        yield from _fillers(waiting, before, look)
        yield look, item
        before, waiting = look, []
    yield from _fillers(waiting, before, None)


def _is_filler(item: Item) -> TypeGuard[Words | Void]:
    return item.text == " " if isinstance(item, Words) else isinstance(item, Void) and not item.splits


def _fillers(waiting: Sequence[Words | Void], before: Hashable, after: Hashable) -> Iterator[tuple[Hashable, Item]]:
    same = before if before == after else None
    for item in waiting:
        if isinstance(item, Void):
            yield same, item
        else:
            yield next((look for look in (before, after) if look is not None), item.look), item


def _joined(items: Iterable[Item | str]) -> list[Node]:
    nodes: list[Node] = []
    for is_text, group in groupby(items, key=lambda item: isinstance(item, Words | str)):
        if is_text:
            nodes.append("".join(item.text if isinstance(item, Words) else str(item) for item in group))
        else:
            nodes += [item for item in group if not isinstance(item, Words)]
    return nodes


def flat(nodes: Iterable[Node], base: Element | None) -> Iterator[tuple[str, Element | None] | Void]:
    """Yield the words of nodes whose spans are looks alone, each with its run, and the things between them."""
    for node in nodes:
        if isinstance(node, Span):
            yield from flat(node.children, node.base)
        else:
            yield (node, base) if isinstance(node, str) else node


def run_like(run: Element) -> Element:
    """Return a run without content that looks like another one."""
    made = run.makeelement(run.tag, run.attrib, run.nsmap)
    properties = properties_of(run)
    if properties is not None:
        made.append(deepcopy(properties))
    return made


def add_text(run: Element, text: str) -> None:
    """Put words at the end of a run."""
    node = etree.SubElement(run, beside(run, "t"))
    node.text = text
    if short(run) in _SPACE_IS_SAID and text != text.strip():
        node.set(XML_SPACE, "preserve")
