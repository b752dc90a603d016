"""A paragraph as a unit: words, things without words, spans around both; to a fragment of XML and back; uses lxml."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

from lxml import etree

from app.documents.content import Unit
from app.documents.packages.trees import SAFELY, Element, legal
from app.text.characters import has_letter
from app.text.markup import Format, Options

MARKUP = Options(Format.XML, outline_detection=False, splitting_tags=frozenset({"b"}))
"""How fragments are marked up: `<g id="1">` around words, `<x id="2"/>` for a thing, `<b id="3"/>` for one that ends a
sentence: a line break, a tab."""

_WIDE_SPACE = re.compile(r"\s\s|[\t\r\n]")
_KEEPS_SPACE = '<u xml:space="preserve">', "</u>"


@dataclass(frozen=True, slots=True)
class Void:
    """A thing without words of the sentence: an image, a field, a note's number. payload: its owner's; kept as it is.

    splits: it ends a sentence. opens, closes: a key that it shares with the other one of a pair of things.
    """

    payload: Any
    splits: bool = False
    opens: str = ""
    closes: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Something around words: a link, a formatting.

    payload: its owner's. children: nodes; where there are runs, these may come first, see `runs`. base: its owner's
    too, for the words that are directly in it.
    """

    payload: Any
    children: tuple[Any, ...]
    base: Any = None


Node: TypeAlias = "str | Void | Span"


class LostMarkup(RuntimeError):
    """A translation does not have each tag of its fragment exactly once: an error of ours, never of the document."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A unit, and what its tags stand for.

    things: by the tag's id. around: what stands outside of the unit, outermost first: nodes before it, the span that
    holds it, nodes behind it.
    """

    unit: Unit
    things: Mapping[str, Void | Span]
    around: tuple[tuple[Sequence[Node], Span | None, Sequence[Node]], ...]

    def nodes(self, translation: str) -> list[Node]:
        """Return the whole paragraph with a translation of the unit in it. Raises LostMarkup."""
        nodes: list[Node]
        nodes = [legal(translation)] if self.unit.markup is None else _Reader(self.things).read(translation)
        for before, span, after in reversed(self.around):
            held: list[Node] = nodes if span is None else [replace(span, children=tuple(nodes))]
            nodes = [*before, *held, *after]
        return nodes


def fragment_of(nodes: Sequence[Node]) -> Fragment | None:
    """Return what there is to translate in a paragraph; None where nothing is."""
    core, around = list(nodes), []
    while True:
        before, core, after = _without_edges(core)
        only = core[0] if len(core) == 1 else None
        span = only if isinstance(only, Span) else None
        around.append((before, span, after))
        if span is None:
            break
        core = list(span.children)
    words = list(_words(core))
    if not any(map(has_letter, words)):
        return None
    if isinstance(only, str):
        return Fragment(Unit(only), {}, tuple(around))
    writer = _Writer()
    text = writer.written(core)
    if _WIDE_SPACE.search(text):
        text = text.join(_KEEPS_SPACE)
    return Fragment(Unit(text, MARKUP), writer.things, tuple(around))


def _without_edges(nodes: list[Node]) -> tuple[list[Node], list[Node], list[Node]]:
    start, end = 0, len(nodes)
    while start < end and _is_wordless(nodes[start]):
        start += 1
    while end > start and _is_wordless(nodes[end - 1]):
        end -= 1
    return nodes[:start], nodes[start:end], nodes[end:]


def _is_wordless(node: Node) -> bool:
    return all(not word or word.isspace() for word in _words([node]))


def _words(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, Span):
            yield from _words(node.children)


def _tag(node: Void | Span) -> str:
    if isinstance(node, Span) and not _is_wordless(node):
        return "g"
    return "b" if _ends_sentences(node) else "x"


def _ends_sentences(node: Node) -> bool:
    if isinstance(node, Span):
        return any(map(_ends_sentences, node.children))
    return isinstance(node, Void) and node.splits


class _Writer:
    def __init__(self) -> None:
        self.things: dict[str, Void | Span] = {}

    def written(self, nodes: Iterable[Node]) -> str:
        return "".join(escape(node) if isinstance(node, str) else self._thing(node) for node in nodes)

    def _thing(self, node: Void | Span) -> str:
        number = str(len(self.things) + 1)
        self.things[number] = node
        tag = _tag(node)
        if isinstance(node, Span) and tag == "g":
            words = self.written(node.children)
            inner = words.strip(" ")  # spaces go outside, as the text pipeline has them
            before, after = words[: len(words) - len(words.lstrip(" "))], words[len(words.rstrip(" ")) :]
            return f'{before}<g id="{number}">{inner}</g>{after}'
        return f'<{tag} id="{number}"/>'


class _Reader:
    def __init__(self, things: Mapping[str, Void | Span]) -> None:
        self._things = things
        self._seen: set[str] = set()

    def read(self, translation: str) -> list[Node]:
        root = _root(translation)
        levels: list[list[Node]] = [[]]
        for event, element in etree.iterwalk(root, events=("start", "end")):
            if event == "start":
                levels.append([element.text] if element.text else [])
                continue
            children = levels.pop()
            is_holder = element is root or element.tag == "u"
            levels[-1] += children if is_holder else [self._thing(element, children)]
            if element.tail:
                levels[-1].append(element.tail)
        if len(self._seen) < len(self._things):
            raise LostMarkup("tags are missing from a translation")
        return levels[0]

    def _thing(self, element: Element, children: list[Node]) -> Node:
        number = str(element.get("id"))
        thing = self._things.get(number)
        if thing is None or number in self._seen:
            raise LostMarkup(f"tag {number} should not be there (again)")
        self._seen.add(number)
        if element.tag != _tag(thing) or (children and element.tag != "g"):
            raise LostMarkup(f"tag {number} is not what it was")
        return replace(thing, children=tuple(children)) if element.tag == "g" and isinstance(thing, Span) else thing


def _root(translation: str) -> Element:
    try:
        return etree.fromstring(f"<u>{translation}</u>", etree.XMLParser(**SAFELY))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise LostMarkup("a translation is not well-formed") from error


MOST_NESTED = 12
"""Elements inside elements of a paragraph that are told apart; what is nested deeper stays as it is."""

MOST_PAIRS = 4
"""Pairs inside pairs at one level of a paragraph."""


def paired(nodes: Iterable[Any], around: Callable[[Void, Void], Any]) -> list[Any]:
    """Make a span of each two things that are a pair, so that neither can pass the other in a translation.

    Pairs that cross others, or are nested too deep, stay single things. `around` makes the span's payload.
    """
    nodes = list(nodes)
    closed = {node.closes for node in nodes if isinstance(node, Void) and node.closes}
    levels: list[tuple[Void | None, list[Any]]] = [(None, [])]
    waiting: set[str] = set()
    for node in nodes:
        if isinstance(node, Void) and node.opens in closed and node.opens not in waiting and len(levels) <= MOST_PAIRS:
            levels.append((node, []))
            waiting.add(node.opens)
        elif isinstance(node, Void) and node.closes in waiting:
            while (top := levels[-1][0]) is not None and top.opens != node.closes:
                _flatten(levels, waiting)
            opener, children = levels.pop()
            waiting.discard(node.closes)
            if opener is not None:
                levels[-1][1].append(Span(around(opener, node), tuple(children)))
        else:
            levels[-1][1].append(node)
    while len(levels) > 1:
        _flatten(levels, waiting)
    return levels[0][1]


def _flatten(levels: list[tuple[Void | None, list[Any]]], waiting: set[str]) -> None:
    opener, children = levels.pop()
    if opener is not None:
        waiting.discard(opener.opens)
        levels[-1][1].extend((opener, *children))
