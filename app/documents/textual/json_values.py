"""JSON: a unit for each string that is a value and has letters; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from app.documents.content import Content, DocumentLimits, Unit
from app.documents.errors import BrokenDocument
from app.documents.textual.encoding import decode
from app.text.characters import has_letter
from app.text.document import Document, Range, assemble, from_ranges

_SPACE = re.compile(r"[ \t\n\r]*+")
_STRING = re.compile(r'"(?>(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"')
_SCALAR = re.compile(r"-?(?:0|[1-9][0-9]*+)(?>(?:\.[0-9]++)?)(?>(?:[eE][+-]?[0-9]++)?)|true|false|null")
_CLOSES = {"{": "}", "[": "]"}
_ESCAPED = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^u])")
_MAY_BE_ESCAPED = re.compile(r'[^\x00-\x1fA-Za-z0-9"\\]')
_NOT_ASCII = re.compile(r"\\u(?!00[0-7])")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read(data: bytes, limits: DocumentLimits) -> Content:  # noqa: ARG001
    """Read JSON of any depth. Keys, numbers, and strings without letters or with half characters are no units.

    Raises BrokenDocument.
    """
    text, encoding = decode(data)
    places = [place for place in _Scanner(text).values() if has_letter(_value(text[slice(*place)]))]
    whole = [place for place in places if not _SURROGATE.search(_value(text[slice(*place)]))]
    document = from_ranges(text, whole)
    writer = _Writer(document, is_ascii=text.isascii() and bool(_NOT_ASCII.search(text)))
    halves = f"{len(places) - len(whole)} string(s) with half a surrogate pair stay as they are."
    return Content(
        units=tuple(Unit(_value(raw)) for raw in document.segments),
        write=lambda translations, _: encoding.encode(writer.written(translations)),
        notes=(halves,) if len(whole) < len(places) else (),
    )


def _value(raw: str) -> str:
    value: str = json.loads(f'"{raw}"') if "\\" in raw else raw
    return value


@dataclass(frozen=True, slots=True)
class _Writer:
    """is_ascii: the document writes all but ASCII as escapes, and so are its translations."""

    document: Document
    is_ascii: bool

    def written(self, translations: Sequence[str]) -> str:
        pairs = zip(self.document.segments, translations, strict=True)
        return assemble(self.document, [self._string(raw, translation) for raw, translation in pairs])

    def _string(self, raw: str, translation: str) -> str:
        if translation == _value(raw):
            return raw
        return json.dumps(translation, ensure_ascii=self.is_ascii)[1:-1].translate(_spelling(raw))


def _spelling(raw: str) -> dict[int, str]:
    r"""Return the escapes that a string uses though it need not, such as `\/` and `\u003c`, for its translation.

    Not those of letters and digits, of which escapes are made.
    """
    if "\\" not in raw:
        return {}
    plain = _ESCAPED.sub("", raw)
    found = {_value(one): one for one in _ESCAPED.findall(raw)}
    return {ord(one): escape for one, escape in found.items() if one not in plain and _MAY_BE_ESCAPED.fullmatch(one)}


class _Scanner:
    """A loop over the tokens of JSON with a stack of brackets, so that no depth is too deep."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def values(self) -> Iterator[Range]:
        """Yield the insides of all strings that are values. Raises BrokenDocument for anything but one JSON value."""
        closers: list[str] = []
        while True:
            opened = self._taken("{[")
            if opened:
                closers.append(_CLOSES[opened])
                if not self._taken(closers[-1]):
                    self._key(closers[-1])
                    continue
                closers.pop()
            else:
                yield from self._scalar()
            while closers and self._taken(closers[-1]):
                closers.pop()
            if not closers:
                break
            if not self._taken(","):
                self._refuse(f'"," or "{closers[-1]}"')
            self._key(closers[-1])
        self._skip_space()
        if self._at < len(self._text):
            self._refuse("nothing more")

    def _key(self, closer: str) -> None:
        """Pass the key that stands before each value of an object."""
        if closer == "}":
            self._skip_space()
            self._pass(_STRING, "a key in double quotes")
            if not self._taken(":"):
                self._refuse('":"')

    def _scalar(self) -> Iterator[Range]:
        start = self._at
        if self._text.startswith('"', start):
            self._pass(_STRING, "a string that ends, without line breaks and unknown escapes")
            yield start + 1, self._at - 1
        else:
            self._pass(_SCALAR, "a value")

    def _taken(self, characters: str) -> str:
        """Go on behind the next character, and return it, if it is one of these."""
        self._skip_space()
        character = self._text[self._at : self._at + 1]
        if not character or character not in characters:
            return ""
        self._at += 1
        return character

    def _skip_space(self) -> None:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _pass(self, pattern: re.Pattern[str], expected: str) -> None:
        match = pattern.match(self._text, self._at)
        if match is None:
            self._refuse(expected)
        self._at = match.end()

    def _refuse(self, expected: str) -> NoReturn:
        line = self._text.count("\n", 0, self._at) + 1
        column = self._at - self._text.rfind("\n", 0, self._at)
        raise BrokenDocument(f"The document is not JSON: {expected} is expected at line {line}, column {column}.")
