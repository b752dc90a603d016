"""Cuts HTML into tags, comments and text by the rules of the HTML standard, with offsets; pure and linear."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from app.text.markup.html_names import RAW_TEXT

_S = r"[ \t\n\r\f]"
_VALUE = rf"{_S}*+={_S}*+(?:\"[^\"]*+\"|'[^']*+'|(?![\"'])[^ \t\n\r\f>]*+)"
_NAME = r"[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+"
_TAG = re.compile(
    rf"<(?P<end>/?)(?P<name>[A-Za-z][^ \t\n\r\f/>]*+)(?>(?:[ \t\n\r\f/]++|{_NAME}(?:{_VALUE}|(?!{_S}*+=)))*)>"
)
_COMMENT = re.compile(r"<!--(?:-?>|.*?(?:--!?>|\Z))", re.DOTALL)
_BOGUS = re.compile(r"<[!?/][^>]*+(?:>|\Z)")
ATTRIBUTE = re.compile(
    rf"(?P<name>{_NAME})"
    rf"(?>(?:{_S}*+={_S}*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'|(?P<bare>[^ \t\n\r\f>]*+)))?)"
)
# Not HTML, but often in it: code for the server's own templates. It may hold a ">" that ends nothing.
_TEMPLATES = (("<?php", "?>"), ("<?=", "?>"), ("<%", "%>"))


class TokenKind(Enum):
    """What a token is. OTHER: comments, declarations, templates, and what a browser drops."""

    TEXT = auto()
    RAW_TEXT = auto()
    OPEN = auto()
    CLOSE = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the source; name: of a tag, or of the element that RAW_TEXT is in, in lower case."""

    kind: TokenKind
    raw: str
    name: str = ""

    def attributes(self) -> dict[str, str]:
        """Return the attributes of a tag as they are written; of two with one name the first counts."""
        found: dict[str, str] = {}
        for match in ATTRIBUTE.finditer(self.raw, 1 + len(self.name), len(self.raw) - 1):
            value = match["double"] or match["single"] or match["bare"] or ""
            found.setdefault(match["name"].lower(), value)
        return found


def tokenize(source: str) -> Iterator[Token]:
    """Yield tokens that are the source, put in a row. A tag or comment that is not closed takes all that follows."""
    at = text = 0
    ends = {end: source.rfind(end) for _, end in _TEMPLATES}
    while (at := source.find("<", at)) >= 0:
        token = _markup(source, at, ends)
        if token is None:
            at += 1
            continue
        if at > text:
            yield Token(TokenKind.TEXT, source[text:at])
        yield token
        at = text = at + len(token.raw)
        if token.kind is TokenKind.OPEN and token.name in RAW_TEXT:
            raw = _raw_text(source, at, token.name)
            if raw:
                yield Token(TokenKind.RAW_TEXT, raw, token.name)
            at = text = at + len(raw)
    if text < len(source):
        yield Token(TokenKind.TEXT, source[text:])


def _markup(source: str, at: int, template_ends: dict[str, int]) -> Token | None:
    """Return the tag or comment that starts at `at`, or None where "<" is only a character."""
    following = source[at + 1 : at + 2]
    if following in {"?", "%"}:
        for start, end in _TEMPLATES:
            if source.startswith(start, at) and template_ends[end] > at:
                return Token(TokenKind.OTHER, source[at : source.find(end, at) + len(end)])
    if following in {"!", "?"}:
        match = _COMMENT.match(source, at) or _BOGUS.match(source, at)
        return Token(TokenKind.OTHER, match[0]) if match else None
    if following == "/" and at + 2 < len(source) and not _starts_name(source[at + 2]):
        bogus = _BOGUS.match(source, at)
        return Token(TokenKind.OTHER, bogus[0]) if bogus else None
    if not _starts_name(source[at + 2 : at + 3] if following == "/" else following):
        return None
    tag = _TAG.match(source, at)
    if tag is None:
        return Token(TokenKind.OTHER, source[at:])
    return Token(TokenKind.CLOSE if tag["end"] else TokenKind.OPEN, tag[0], tag["name"].lower())


def _starts_name(character: str) -> bool:
    return character.isascii() and character.isalpha()


_RAW_ENDS = {name: re.compile(rf"</{name}(?=[ \t\n\r\f/>])", re.IGNORECASE) for name in RAW_TEXT - {"plaintext"}}


def _raw_text(source: str, at: int, name: str) -> str:
    end = _RAW_ENDS[name].search(source, at) if name in _RAW_ENDS else None
    return source[at : end.start()] if end else source[at:]
