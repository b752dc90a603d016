"""Paragraphs of WordprocessingML: runs, links, fields, bookmarks, tracked changes; uses lxml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from app.documents.packages.fragments import MOST_NESTED, MOST_PAIRS, Fragment, Node, Span, Void, fragment_of, paired
from app.documents.packages.runs import Item, Piece, Words, add_text, grouped, look_of, run_like
from app.documents.packages.slots import Slot
from app.documents.packages.trees import Element, attribute, beside, short

_HOLDERS = frozenset({"w:hyperlink", "w:ins", "w:moveTo", "w:smartTag", "w:customXml", "w:sdt", "w:dir", "w:bdo"})
_SPLITS = frozenset({"w:br", "w:cr", "w:tab", "w:ptab"})
_DROPPED = frozenset({"w:proofErr", "w:lastRenderedPageBreak", "w:softHyphen"})
"""What Word notes of the old words: errors in spelling, places where lines or pages ended. Gone when they change."""

_PAIRS = {
    "w:bookmarkStart": "bookmark",
    "w:commentRangeStart": "comment",
    "w:permStart": "permission",
    "w:moveToRangeStart": "move",
    "w:moveFromRangeStart": "moved",
    "w:bookmarkEnd": "bookmark",
    "w:commentRangeEnd": "comment",
    "w:permEnd": "permission",
    "w:moveToRangeEnd": "move",
    "w:moveFromRangeEnd": "moved",
}
_FIXED = frozenset({"w:pPr", "w:smartTagPr", "w:customXmlPr"})
_NO_BREAK_HYPHEN = "\u2011"
_WITH_WORDS = re.compile(r"\s*(?:HYPERLINK|REF|TOC|INDEX|QUOTE)\b", re.IGNORECASE)
"""Fields whose results are words of the document. All others are computed: numbers, dates, names."""


def word_slots(paragraph: Element) -> Iterator[Slot]:
    """Yield the slot of one paragraph, if it has words."""
    nodes, base = grouped(_items(paragraph, depth=0))
    fragment = fragment_of(nodes)
    if fragment is not None:
        whole = fragment
        yield Slot(whole.unit, lambda translation: _put(paragraph, whole, base, translation))


# What a paragraph is made of. The payload of a thing is its pieces; that of a span is one of these two.


@dataclass(frozen=True, slots=True)
class _Holder:
    """An element around runs. inner: the element in it that has them, often itself."""

    element: Element
    inner: Element


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands before and behind runs and belongs together: the ends of a bookmark, the codes of a field."""

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Code:
    """A piece of a field. role: begin, code, separate or end."""

    role: str
    piece: Piece
    text: str = ""


def _items(holder: Element, depth: int) -> list[Item]:
    """Return what is in a paragraph, or in what holds runs in one."""
    found: list[Item | _Code] = []
    for child in holder:
        name = short(child)
        if name == "w:r":
            found += _of_run(child)
        elif name in _FIXED or name in _DROPPED:
            continue
        elif depth < MOST_NESTED and (inner := _inner(child, name)) is not None:
            found.append(Span(_Holder(child, inner), tuple(_items(inner, depth + 1))))
        else:
            found.append(_thing(child, name))
    return paired(_with_fields(found), lambda start, end: _Around(start.payload, end.payload))


def _inner(node: Element, name: str) -> Element | None:
    if name == "w:sdt":
        return next((child for child in node if short(child) == "w:sdtContent"), None)
    if name == "w:fldSimple":
        return node if _WITH_WORDS.match(attribute(node, "instr")) else None
    return node if name in _HOLDERS else None


def _thing(node: Element, name: str) -> Void:
    key = f"{_PAIRS[name]} {attribute(node, 'id')}" if name in _PAIRS else ""
    is_start = name.endswith("Start")
    return Void(((None, node),), opens=key if is_start else "", closes="" if is_start else key)


def _of_run(run: Element) -> Iterator[Item | _Code]:
    look = look_of(run)
    for child in run:
        name = short(child)
        piece = (run, child)
        if name in _DROPPED or name == "w:rPr":
            continue
        if name == "w:fldChar":
            yield _Code(attribute(child, "fldCharType"), piece)
        elif name == "w:instrText":
            yield _Code("code", piece, child.text or "")
        elif name == "w:t" and child.text:
            yield Words(child.text, look, run, piece)
        elif name == "w:noBreakHyphen":
            yield Words(_NO_BREAK_HYPHEN, look, run, piece)
        elif name != "w:t":
            yield Void((piece,), splits=name in _SPLITS)


# Fields


def _with_fields(found: Iterable[Item | _Code]) -> list[Item]:
    """Make one thing of each field that begins and ends here, or a span where its result has words."""
    frames: list[list[Item | _Code]] = [[]]
    ignored = 0  # fields that are nested too deep to be told apart
    for one in found:
        role = one.role if isinstance(one, _Code) else ""
        if role == "begin" and len(frames) <= MOST_PAIRS:
            frames.append([])
        elif role == "begin":
            ignored += 1
        frames[-1].append(one)
        if role == "end" and ignored:
            ignored -= 1
        elif role == "end" and len(frames) > 1:
            whole = _field(frames.pop())
            frames[-1].append(whole)
    return _plain(one for frame in frames for one in frame)


def _field(frame: Sequence[Item | _Code]) -> Item:
    codes = [at for at, one in enumerate(frame) if isinstance(one, _Code) and one.role == "separate"]
    instruction = "".join(one.text for one in frame[: codes[0]] if isinstance(one, _Code)) if codes else ""
    if not _WITH_WORDS.match(instruction):
        return Void(tuple(_pieces(frame)))
    around = _Around(tuple(_pieces(frame[: codes[0] + 1])), tuple(_pieces(frame[-1:])))
    return Span(around, tuple(_plain(frame[codes[0] + 1 : -1])))


def _plain(frame: Iterable[Item | _Code]) -> list[Item]:
    return [Void((one.piece,)) if isinstance(one, _Code) else one for one in frame]


def _pieces(items: Iterable[Item | _Code]) -> Iterator[Piece]:
    for one in items:
        if isinstance(one, Words | _Code):
            yield one.piece
        elif isinstance(one, Void):
            yield from one.payload
        elif isinstance(one.payload, _Holder):
            yield None, one.payload.element
        else:
            yield from (*one.payload.before, *_pieces(one.children), *one.payload.after)


# Writing


def _put(paragraph: Element, fragment: Fragment, base: Element | None, translation: str) -> None:
    nodes = fragment.nodes(translation)
    _clear(paragraph)
    _build(paragraph, nodes, base)


def _clear(holder: Element) -> None:
    for child in list(holder):
        if short(child) not in _FIXED:
            holder.remove(child)


def _build(parent: Element, nodes: Iterable[Node], base: Element | None) -> None:
    for node in nodes:
        if isinstance(node, str):
            parent.append(_run(parent, node, base))
        elif isinstance(node, Void):
            _append(parent, node.payload)
        elif node.payload is None:
            _build(parent, node.children, node.base)
        elif isinstance(node.payload, _Holder):
            _clear(node.payload.inner)
            parent.append(node.payload.element)
            _build(node.payload.inner, node.children, node.base)
        else:
            _append(parent, node.payload.before)
            _build(parent, node.children, node.base)
            _append(parent, node.payload.after)


def _append(parent: Element, pieces: Iterable[Piece]) -> None:
    for run, node in pieces:
        if run is None:
            parent.append(node)
            continue
        made = run_like(run)
        made.append(node)
        parent.append(made)


def _run(parent: Element, text: str, like: Element | None) -> Element:
    run = parent.makeelement(beside(parent, "r")) if like is None else run_like(like)
    for at, words in enumerate(text.split(_NO_BREAK_HYPHEN)):
        if at:
            etree.SubElement(run, beside(run, "noBreakHyphen"))
        if words:
            add_text(run, words)
    return run
