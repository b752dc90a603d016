"""Markdown as items; pure. markdown-it says which lines are what; bytes come from the source by their offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from markdown_it.token import Token

from app.text.characters import has_letter
from app.text.markup import html
from app.text.markup.html_attributes import Attributes
from app.text.markup.items import Item, Kind
from app.text.markup.markdown_inline import MARKUP, Content, inline_items
from app.text.markup.markdown_spans import parser
from app.text.markup.markdown_syntax import MarkdownSyntax, Place
from app.text.markup.options import Options

LONGEST = 10_000
"""Code points in one paragraph that are looked through for markup; what is longer and has any is left as it is."""

_FRONT_MATTER = re.compile(r"\ufeff?(---|\+\+\+)[ \t]*\r?\n(?:[^\n]*+\n)*?\1[ \t]*(?:\r?\n|\Z)")
_LINE = re.compile(r"[^\r\n]*+(?:\r\n?|\n|\Z)")
_PLACES = {
    "paragraph_open": Place.PARAGRAPH,
    "heading_open": Place.HEADING,
    "td_open": Place.CELL,
    "th_open": Place.CELL,
}


def items_of(source: str, options: Options, attributes: Attributes) -> list[Item]:
    """Return the items of a source; readable attributes go to `attributes` and leave slots."""
    front = _FRONT_MATTER.match(source)
    start = front.end() if front else 0
    return list(_Reader(source, start, options, attributes).items())


class _Reader:
    def __init__(self, source: str, start: int, options: Options, attributes: Attributes) -> None:
        self._source = source.replace("\0", "\ufffd")  # as markdown-it reads it; of the same length
        self._given = source
        self._start = start
        self._options = options
        self._attributes = attributes
        self._lines = [match.span() for match in _LINE.finditer(source, start)]
        self._at = start

    def items(self) -> Iterator[Item]:
        env: dict[str, Any] = {}
        tokens = parser().parse(self._source[self._start :], env)
        references = env.get("references", {})
        yield Item(Kind.SPLIT, self._given[: self._start])
        for before, token in zip([None, *tokens], tokens, strict=False):
            if token.type == "html_block":
                yield from self._html(token)
            elif before and token.type == "inline" and before.type in _PLACES:
                place = _PLACES[before.type]
                content = self._content(token, place)
                if content is not None:
                    yield from self._between(content)
                    yield from inline_items(content, MarkdownSyntax(place, references), references, self._attributes)
                elif has_letter(token.content):
                    self._attributes.skipped += 1
        yield Item(Kind.SPLIT, self._given[self._at :])

    def _between(self, content: Content) -> Iterator[Item]:
        first, last = content.starts[0], content.starts[-1]
        yield Item(Kind.SPLIT, self._given[self._at : first[1]])
        length = len(content.text) - last[0]
        if content.pipes:
            length += content.text.count("|")
        self._at = last[1] + length

    def _html(self, token: Token) -> Iterator[Item]:
        """A block of HTML, unless it stands in a quote or list, whose marks would be taken for words."""
        if not token.map:
            return
        start, end = self._lines[token.map[0]][0], self._lines[min(token.map[1], len(self._lines)) - 1][1]
        raw = self._given[start:end]
        if start >= self._at and raw.split() == token.content.split():
            yield Item(Kind.SPLIT, self._given[self._at : start])
            yield from html.items_of(raw, self._options, self._attributes)
            yield Item(Kind.SPLIT, "")
            self._at = end

    def _content(self, token: Token, place: Place) -> Content | None:
        """Find inline content in the source; None where it is not there as it is, so that nothing is guessed."""
        if not token.map or not token.content or (len(token.content) > LONGEST and MARKUP.search(token.content)):
            return None
        if place is Place.CELL:
            return self._cell(token.content, token.map[0])
        lines = token.content.split("\n")
        text: list[str] = []
        starts: list[tuple[int, int]] = []
        length = 0
        for index, line in enumerate(lines):
            found = self._found(line, token.map[0] + index, place, is_last=index == len(lines) - 1)
            if found is None:
                return None
            starts.append((length, found[0]))
            text.append(self._source[slice(*found)])
            length += len(text[-1]) + 1
        return Content("\n".join(text), self._given, tuple(starts)) if starts[0][1] >= self._at else None

    def _found(self, line: str, number: int, place: Place, *, is_last: bool) -> tuple[int, int] | None:
        start, end = self._lines[number]
        whole = self._source[start:end].rstrip("\r\n")
        body = line.strip()
        at = whole.rfind(body) if place is Place.HEADING else len(whole.rstrip()) - len(body)
        if at < 0 or not whole.startswith(body, at):
            return None
        return start + at, start + (at + len(body) if is_last else len(whole))

    def _cell(self, content: str, number: int) -> Content | None:
        start, end = self._lines[number]
        written = content.replace("|", "\\|")
        at = self._source.find(written, max(start, self._at), end)
        return Content(content, self._given, ((0, at),), pipes="|" in content) if at >= 0 else None
