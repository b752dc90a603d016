"""Inline Markdown as items: marks, literals, images, and HTML between them; pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.text.characters import has_letter
from app.text.markup.blocks import Syntax
from app.text.markup.html import LONGEST_LITERAL
from app.text.markup.html_attributes import Attributes
from app.text.markup.html_names import BLOCKS, UNTOUCHED, VOIDS
from app.text.markup.html_tokens import TokenKind, tokenize
from app.text.markup.items import Item, Kind
from app.text.markup.markdown_spans import References, Span, spans

MARKUP = re.compile(r"[\\`*_\[\]<&~]")
"""What inline markup begins with."""

_SPECIAL = re.compile(r"[\\`*_\[\]<&~\n]")
_ALTERNATIVE = re.compile(r"!\[([^\\`*_\[\]<&~]+)\]")
_TASK = re.compile(r"\[[ xX]\][ \t]+|\[![A-Za-z]+\]")  # "[x] done", "[!NOTE]"


@dataclass(frozen=True, slots=True)
class Content:
    """Inline content as the parser sees it, and where its lines are in the source.

    starts: for each line, where it starts in `text` and in `source`; between two lines, the source may have the marks
    of quotes and lists. pipes: whether `|` stands for `\\|`, as in the cells of tables.
    """

    text: str
    source: str
    starts: tuple[tuple[int, int], ...]
    pipes: bool = False

    @classmethod
    def plain(cls, text: str) -> Content:
        """Return content that is its own source."""
        return cls(text, text, ((0, 0),))

    def raw(self, start: int, end: int) -> str:
        """Return a part of the content as it is in the source."""
        if self.pipes:
            return self.text[start:end].replace("|", "\\|")
        return self.source[self._offset(start) : self._offset(end)]

    def _offset(self, at: int) -> int:
        line = bisect_right(self.starts, at, key=lambda start: start[0]) - 1
        return self.starts[line][1] + at - self.starts[line][0]


def inline_items(content: Content, syntax: Syntax, references: References, attributes: Attributes) -> list[Item]:
    """Return the items of inline content; their `raw` in a row are the content in the source."""
    return _with_literals(list(_items(content, syntax, references, attributes)))


def _items(content: Content, syntax: Syntax, references: References, attributes: Attributes) -> Iterator[Item]:
    text, at = content.text, 0
    task = _TASK.match(text)
    if task:
        at = task.end()
        yield Item(Kind.SPLIT, content.raw(0, at))
    for span in spans(text, references) if _SPECIAL.search(text, at) else []:
        if span.start < at:
            continue
        if span.start > at:
            yield Item(Kind.TEXT, content.raw(at, span.start), text[at : span.start], syntax=syntax)
        line = text[span.start : span.end].replace("\n", " ")
        yield _item(content.raw(span.start, span.end), line, span, syntax, attributes)
        at = span.end
    if at < len(text):
        yield Item(Kind.TEXT, content.raw(at, len(text)), text[at:], syntax=syntax)


def _item(raw: str, line: str, span: Span, syntax: Syntax, attributes: Attributes) -> Item:
    match span.kind:
        case "softbreak":
            return Item(Kind.TEXT, raw, " ", syntax=syntax)
        case "hardbreak":
            return Item(Kind.SPLIT, raw)
        case "text_special":
            return Item(Kind.TEXT, raw, span.content, syntax=syntax)
        case "footnote_ref":
            return Item(Kind.VOID, raw)
        case "image":
            return _image(raw, line, attributes)
        case "html_inline":
            return _html(raw, line, attributes)
    return _span(raw, line, span)


def _span(raw: str, line: str, span: Span) -> Item:
    if span.kind in {"code_inline", "autolink"}:
        kind = Kind.LITERAL if len(raw) <= LONGEST_LITERAL else Kind.SPLIT
        return Item(kind, raw, span.content.strip() or line, markup=line)
    name, _, side = span.kind.partition("_")
    markup = _destination(line, span.content) if span.kind == "link_close" else line
    return Item(Kind.OPEN if side == "open" else Kind.CLOSE, raw, name=name, markup=markup)


def _destination(raw: str, label: str) -> str:
    """Return the end of a link; a label that was its own reference has to stay one when its words are translated."""
    return f"][{label}]".replace("\n", " ") if raw in {"]", "][]"} else raw


def _image(raw: str, line: str, attributes: Attributes) -> Item:
    match = _ALTERNATIVE.match(raw)
    if match and raw == line and has_letter(match[1]) and attributes.slot:
        raw = line = f"![{attributes.slotted(match[1], alternative_syntax)}{raw[match.end(1) :]}"
    return Item(Kind.VOID, raw, keeps_space=True, markup=line)


def alternative_syntax(text: str, marks: object, spelling: object) -> str:  # noqa: ARG001
    """Write the words of an image."""
    return re.sub(r"[\\`*_\[\]<&~!|]", r"\\\g<0>", text)


def _html(raw: str, line: str, attributes: Attributes) -> Item:
    token = next(tokenize(line))
    if token.kind is TokenKind.OPEN and raw == line:
        raw = line = attributes.taken(token)
    if token.name in BLOCKS:
        return Item(Kind.SPLIT, raw)
    if token.kind is TokenKind.OTHER or token.name in VOIDS:
        return Item(Kind.VOID, raw, keeps_space=token.name in VOIDS, markup=line)
    return Item(Kind.CLOSE if token.kind is TokenKind.CLOSE else Kind.OPEN, raw, name=f"<{token.name}", markup=line)


_UNTOUCHED = frozenset(f"<{name}" for name in UNTOUCHED)


def _with_literals(items: list[Item]) -> list[Item]:
    """Make one literal of `<kbd>`, what is in it, and its end."""
    out: list[Item] = []
    at = 0
    while at < len(items):
        end = _closer(items, at) if items[at].kind is Kind.OPEN and items[at].name in _UNTOUCHED else None
        if end is None:
            out.append(items[at])
            at += 1
            continue
        out.append(_literal(items[at : end + 1]))
        at = end + 1
    return out


def _closer(items: Sequence[Item], at: int) -> int | None:
    for index in range(at + 1, min(at + LONGEST_LITERAL, len(items))):
        if items[index].kind is Kind.CLOSE and items[index].name == items[at].name:
            return index
    return None


def _literal(items: Sequence[Item]) -> Item:
    raw, markup = "".join(item.raw for item in items), "".join(item.written for item in items)
    words = " ".join("".join(item.text for item in items).split())
    if not words:
        return Item(Kind.VOID, raw, keeps_space=True, markup=markup)
    return Item(Kind.LITERAL if len(words) <= LONGEST_LITERAL else Kind.SPLIT, raw, words, markup=markup)
