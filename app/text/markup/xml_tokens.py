"""Cuts XML into tags, text and the rest, and refuses what is not well-formed; pure, linear, expands no entity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import NoReturn

from app.text.markup.errors import malformed

_NAME = r"[:A-Z_a-z\u00b7-\U0010ffff][-.:\w\u00b7-\U0010ffff]*+"
_ATTRIBUTE = rf"\s++{_NAME}\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+')"
_TAG = re.compile(rf"<(?P<end>/?)(?P<name>{_NAME})(?P<attributes>(?>(?:{_ATTRIBUTE})*))\s*+(?P<empty>/?)>")
_ATTRIBUTES = re.compile(rf"({_NAME})\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')")
_SUBSET = r"\[(?>(?:[^\]\"'<]|\"[^\"]*+\"|'[^']*+'|<!--.*?-->|<\?.*?\?>|<!(?!--)|<(?![!?]))*)\]\s*+"
_DOCTYPE = re.compile(rf"<!DOCTYPE(?>(?:[^\[\]\"'<>]|\"[^\"]*+\"|'[^']*+')*)(?>(?:{_SUBSET})?)>", re.DOTALL)
_TEXT = re.compile(r"[^<&]++")
_REFERENCE = re.compile(rf"&(?:(?P<entity>{_NAME})|#(?P<decimal>\d{{1,7}}+)|#x(?P<hex>[0-9a-fA-F]{{1,6}}+));")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENCLOSED = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"))


class XmlKind(Enum):
    """What a token is. REFERENCE: `&name;` or `&#1;`. EMPTY: `<br/>`. OTHER: comments, instructions, the DOCTYPE."""

    TEXT = auto()
    REFERENCE = auto()
    CDATA = auto()
    OPEN = auto()
    CLOSE = auto()
    EMPTY = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class XmlToken:
    """A piece of the source; name: of a tag, or of a general entity."""

    kind: XmlKind
    raw: str
    name: str = ""

    def attributes(self) -> dict[str, str]:
        """Return the attributes of a tag as they are written."""
        return {name: first or second for name, first, second in _ATTRIBUTES.findall(self.raw)}


def tokenize(source: str) -> list[XmlToken]:
    """Return tokens that are the source, put in a row: a document or a fragment; else MalformedMarkup."""
    forbidden = _FORBIDDEN.search(source)
    if forbidden:
        raise malformed(f"XML has no character U+{ord(forbidden[0]):04X}", source, forbidden.start())
    return list(_Tokenizer(source).tokens())


class _Tokenizer:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._open: list[str] = []

    def tokens(self) -> Iterator[XmlToken]:
        while self._at < len(self._source):
            token = self._next()
            yield token
            self._at += len(token.raw)
        if self._open:
            self._refuse(f"<{self._open[-1]}> is not closed; for HTML choose the format html")

    def _next(self) -> XmlToken:
        character = self._source[self._at]
        if character == "&":
            return self._reference()
        if character != "<":
            return self._text()
        for start, end in _ENCLOSED:
            if self._source.startswith(start, self._at):
                return self._enclosed(start, end)
        doctype = _DOCTYPE.match(self._source, self._at)
        if doctype:
            return XmlToken(XmlKind.OTHER, doctype[0])
        return self._tag()

    def _text(self) -> XmlToken:
        match = _TEXT.match(self._source, self._at)
        raw = match[0] if match else ""
        if "]]>" in raw:
            self._refuse('"]]>" has to be written as "]]&gt;"')
        return XmlToken(XmlKind.TEXT, raw)

    def _reference(self) -> XmlToken:
        match = _REFERENCE.match(self._source, self._at)
        if match is None:
            self._refuse('a bare "&" has to be written as "&amp;"')
        number = int(match["decimal"] or int(match["hex"] or "20", 16))
        if number > 0x10FFFF or _FORBIDDEN.match(chr(number)):
            self._refuse(f"{match[0]} is not a character of XML")
        return XmlToken(XmlKind.REFERENCE, match[0], match["entity"] or "")

    def _enclosed(self, start: str, end: str) -> XmlToken:
        stop = self._source.find(end, self._at + len(start))
        if stop < 0:
            self._refuse(f'"{start}" is not closed by "{end}"')
        raw = self._source[self._at : stop + len(end)]
        if start == "<!--" and "--" in raw[len(start) : -len(end)]:
            self._refuse('a comment has "--" in it')
        return XmlToken(XmlKind.CDATA if start == "<![CDATA[" else XmlKind.OTHER, raw)

    def _tag(self) -> XmlToken:
        match = _TAG.match(self._source, self._at)
        if match is None or (match["end"] and (match["empty"] or match["attributes"])):
            self._refuse('a tag is not written as XML demands, or a bare "<" stands for "&lt;"')
        name = match["name"]
        if match["end"]:
            if not self._open or self._open[-1] != name:
                expected = f"expected </{self._open[-1]}>" if self._open else "nothing is open"
                self._refuse(f"</{name}> closes what is not open ({expected}); for HTML choose the format html")
            self._open.pop()
            return XmlToken(XmlKind.CLOSE, match[0], name)
        self._check_attributes(match["attributes"], name)
        if match["empty"]:
            return XmlToken(XmlKind.EMPTY, match[0], name)
        self._open.append(name)
        return XmlToken(XmlKind.OPEN, match[0], name)

    def _check_attributes(self, attributes: str, name: str) -> None:
        if "&" in _REFERENCE.sub("", attributes):
            self._refuse(f'a bare "&" in the attributes of <{name}> has to be written as "&amp;"')
        names = [found[0] for found in _ATTRIBUTES.findall(attributes)]
        if len(set(names)) < len(names):
            self._refuse(f"<{name}> has an attribute twice")

    def _refuse(self, message: str) -> NoReturn:
        raise malformed(f"This is not well-formed XML: {message}", self._source, self._at)
