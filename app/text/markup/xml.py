"""XML, documents and fragments, as items; pure. What it must be and what it refuses: xml_tokens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import unescape

from app.text.characters import has_letter
from app.text.inline import Mark, weave
from app.text.markup import html
from app.text.markup.blocks import Spelling
from app.text.markup.html_attributes import Attributes
from app.text.markup.items import Item, Kind
from app.text.markup.options import Options
from app.text.markup.xml_tokens import XmlKind, XmlToken, tokenize

_ESCAPES: dict[int, str | None] = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
_ILLEGAL: dict[int, str | None] = dict.fromkeys(
    [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
)
_HTML_TAG = re.compile(r"<[A-Za-z][^<>]*>")
_START, _END = "<![CDATA[", "]]>"


def xml_syntax(text: str, marks: Sequence[Mark], spelling: Spelling) -> str:
    """Write text content of XML, without the characters that XML does not have."""
    table = _ILLEGAL | _ESCAPES | dict(spelling)
    return weave(text, marks, lambda words: words.translate(table))


def cdata_syntax(text: str, marks: Sequence[Mark], spelling: Spelling) -> str:  # noqa: ARG001
    """Write words inside of a CDATA section, where only its end means something."""
    return weave(text, marks, lambda words: words.translate(_ILLEGAL).replace(_END, f"]]{_END}{_START}>"))


def items_of(source: str, options: Options, attributes: Attributes) -> list[Item]:
    """Return the items of a source. Raises MalformedMarkup. `attributes` are those of HTML in CDATA sections."""
    return list(_Reader(tokenize(source), options, attributes).items())


class _Reader:
    def __init__(self, tokens: list[XmlToken], options: Options, attributes: Attributes) -> None:
        self._tokens = tokens
        self._options = options
        self._attributes = attributes
        self._outline = _Outline(tokens)
        self._preserved: list[bool] = [False]  # xml:space of the elements around

    def items(self) -> Iterator[Item]:
        at = 0
        while at < len(self._tokens):
            token = self._tokens[at]
            if token.kind in {XmlKind.OPEN, XmlKind.EMPTY} and self._is_ignored(token):
                end = self._outline.ends[at]
                yield self._untouched(at, end)
                at = end
                continue
            yield from self._item(at, token)
            at += 1

    def _is_ignored(self, token: XmlToken) -> bool:
        if token.name in self._options.ignore_tags:
            return True
        if "trans" not in token.raw:
            return False
        said = token.attributes()
        return "no" in (said.get("translate"), said.get("its:translate")) or said.get("translatable") == "false"

    def _untouched(self, start: int, end: int) -> Item:
        tokens = self._tokens[start:end]
        raw = "".join(token.raw for token in tokens)
        parts = [_plain(token) for token in tokens if token.kind in {XmlKind.TEXT, XmlKind.REFERENCE, XmlKind.CDATA}]
        words = " ".join("".join(parts).split())
        if not words:
            return Item(Kind.SPLIT if self._splits(start) else Kind.VOID, raw, keeps_space=True)
        is_long = len(words) > html.LONGEST_LITERAL
        return Item(Kind.SPLIT if is_long or self._splits(start) else Kind.LITERAL, raw, words)

    def _item(self, at: int, token: XmlToken) -> Iterator[Item]:
        match token.kind:
            case XmlKind.TEXT:
                yield self._text(token, token.raw)
            case XmlKind.REFERENCE:
                plain = _plain(token)
                is_known = plain != token.raw
                yield self._text(token, plain) if is_known else Item(Kind.VOID, token.raw, keeps_space=True)
            case XmlKind.CDATA:
                yield from self._cdata(token.raw[len(_START) : -len(_END)])
            case XmlKind.OTHER:
                yield Item(Kind.VOID, token.raw)
            case XmlKind.EMPTY:
                yield Item(Kind.SPLIT if self._splits(at) else Kind.VOID, token.raw, keeps_space=True)
            case XmlKind.OPEN:
                space = token.attributes().get("xml:space") if "xml:space" in token.raw else None
                self._preserved.append(self._preserved[-1] if space is None else space == "preserve")
                yield Item(Kind.SPLIT if self._splits(at) else Kind.OPEN, token.raw, name=token.name)
            case XmlKind.CLOSE:
                self._preserved.pop()
                splits = self._splits(self._outline.openers[at])
                yield Item(Kind.SPLIT if splits else Kind.CLOSE, token.raw, name=token.name)

    def _text(self, token: XmlToken, plain: str) -> Item:
        return Item(Kind.TEXT, token.raw, plain, keeps_space=self._preserved[-1], syntax=xml_syntax)

    def _cdata(self, content: str) -> Iterator[Item]:
        yield Item(Kind.SPLIT, _START)
        if _HTML_TAG.search(content):
            yield from html.items_of(content, self._options, self._attributes)
        else:
            yield Item(Kind.TEXT, content, content, keeps_space=self._preserved[-1], syntax=cdata_syntax)
        yield Item(Kind.SPLIT, _END)

    def _splits(self, at: int) -> bool:
        name = self._tokens[at].name
        if name in self._options.splitting_tags:
            return True
        if name in self._options.non_splitting_tags or not self._options.outline_detection:
            return False
        return self._outline.splits(at)


class _Outline:
    """Where elements stand: beside words, so that they belong to a sentence, or among other elements only.

    ends: for each token the index after its element. openers: for each end tag the index of its start tag.
    """

    def __init__(self, tokens: Sequence[XmlToken]) -> None:
        self._tokens = tokens
        self.ends = [index + 1 for index in range(len(tokens))]
        self.openers: dict[int, int] = {}
        self._parents = [-1] * len(tokens)
        self._mixed: set[int] = set()  # start tags of elements with words of their own; -1: the whole text
        self._read()
        elements = [at for at, token in enumerate(tokens) if token.kind in {XmlKind.OPEN, XmlKind.EMPTY}]
        self._seen = Counter(tokens[at].name for at in elements)
        self._beside_words = Counter(tokens[at].name for at in elements if self._parents[at] in self._mixed)

    def _read(self) -> None:
        path = [-1]
        for at, token in enumerate(self._tokens):
            if token.kind is XmlKind.CLOSE:
                opener = path.pop()
                self.openers[at], self.ends[opener] = opener, at + 1
                continue
            self._parents[at] = path[-1]
            if token.kind is XmlKind.OPEN:
                path.append(at)
            elif token.kind is XmlKind.TEXT and has_letter(token.raw):
                self._mixed.add(path[-1])

    def splits(self, at: int) -> bool:
        """Whether the element that starts at `at` ends a sentence: nothing but elements around it, as is its habit."""
        if self._parents[at] in self._mixed:
            return False
        name = self._tokens[at].name
        return self._beside_words[name] * 2 <= self._seen[name]


def _plain(token: XmlToken) -> str:
    """Return what a token says; an entity of the document's own is not expanded, it stays as it is written."""
    if token.kind is XmlKind.REFERENCE:
        return unescape(token.raw)
    return token.raw[len(_START) : -len(_END)] if token.kind is XmlKind.CDATA else token.raw
