"""Finds the messages of an XLIFF file, their sources and targets, and what it says of languages; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from app.documents.errors import BrokenDocument, UnsafeDocument
from app.documents.textual.xliff_items import local
from app.text.markup import MalformedMarkup
from app.text.markup.xml_tokens import XmlKind, XmlToken, tokenize

_PREDEFINED = frozenset({"amp", "lt", "gt", "quot", "apos"})
_PARTS = frozenset({"source", "seg-source", "target"})


@dataclass(frozen=True, slots=True)
class Element:
    """An element by the tokens of its tags: the first, and the last, which is the same for an empty one.

    keeps_space: white space in it counts.
    """

    tag: XmlToken
    first: int
    last: int
    keeps_space: bool


@dataclass(slots=True)
class Scope:
    """What names the target language: a file in XLIFF 1, the document in XLIFF 2. first: its start tag's token."""

    tag: XmlToken
    first: int
    has_targets: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A message that may be translated. parts: its source, seg-source and target by their names."""

    element: Element
    parts: dict[str, Element]
    scope: Scope


@dataclass(slots=True)
class _Open:
    """An element as it was opened, with those of its children that matter. around: the one that it is in."""

    tag: XmlToken
    first: int
    around: _Open | None
    translates: bool
    keeps_space: bool
    parts: dict[str, Element] = field(default_factory=dict)


class File:
    """The tokens of an XLIFF file, where they are, and its messages. is_second: it is XLIFF 2."""

    def __init__(self, text: str) -> None:
        """Raises BrokenDocument, and UnsafeDocument for one with a document type, where entities may be declared."""
        try:
            self.tokens = tokenize(text)
        except MalformedMarkup as error:
            raise BrokenDocument(str(error)) from error
        self.starts = [0, *accumulate(len(token.raw) for token in self.tokens)]
        self.root = self._root()
        self.version = self.root.attributes().get("version", "")
        self.is_second = self.version.startswith("2.")
        self.scopes: list[Scope] = []
        self._prefix = self.root.name.rpartition(":")[0]
        self.messages = list(self._messages())

    def is_empty(self, element: Element) -> bool:
        """Whether there is nothing but white space in an element."""
        inner = self.tokens[element.first + 1 : element.last]
        return all(token.kind is XmlKind.OTHER or not token.raw.strip() for token in inner)

    def _root(self) -> XmlToken:
        for token in self.tokens:
            if token.kind is XmlKind.OTHER and token.raw.startswith("<!DOCTYPE"):
                raise UnsafeDocument("The document has a document type declaration, as XLIFF needs none. Take it out.")
            if token.kind is XmlKind.REFERENCE and token.name and token.name not in _PREDEFINED:
                raise BrokenDocument(f"The document uses {token.raw}, which XML does not know. Write the character.")
        root = next((token for token in self.tokens if token.kind in {XmlKind.OPEN, XmlKind.EMPTY}), None)
        if root is None or local(root.name) != "xliff":
            raise BrokenDocument("The document is not XLIFF: its outermost element is not <xliff>.")
        return root

    def _messages(self) -> Iterator[Message]:
        name = "segment" if self.is_second else "trans-unit"
        for done, last in self._closed():
            element = Element(done.tag, done.first, last, done.keeps_space)
            if done.around and self._is(done.tag, _PARTS):
                done.around.parts.setdefault(local(done.tag.name), element)
            elif self._is(done.tag, {name}) and "source" in done.parts and self.scopes:
                target = done.parts.get("target")
                self.scopes[-1].has_targets |= target is not None and not self.is_empty(target)
                if done.translates:
                    yield Message(element, done.parts, self.scopes[-1])

    def _closed(self) -> Iterator[tuple[_Open, int]]:
        """Yield every element where it ends, with the token there."""
        around: _Open | None = None
        scope = {"xliff" if self.is_second else "file"}
        for at, token in enumerate(self.tokens):
            if token.kind is XmlKind.EMPTY:
                yield _opened(token, at, around), at
            elif token.kind is XmlKind.OPEN:
                around = _opened(token, at, around)
                if self._is(token, scope):
                    self.scopes.append(Scope(token, at))
            elif token.kind is XmlKind.CLOSE and around:
                yield around, at
                around = around.around

    def _is(self, tag: XmlToken, names: frozenset[str] | set[str]) -> bool:
        prefix, _, name = tag.name.rpartition(":")
        return name in names and prefix == self._prefix


def _opened(tag: XmlToken, at: int, around: _Open | None) -> _Open:
    """Return an element with what it says, or else the one around it, of translation and white space.

    White space counts unless the document says that it does not: strings of programs have line breaks of their own.
    """
    said = tag.attributes() if "translate" in tag.raw or "xml:space" in tag.raw else {}
    translates = said["translate"] != "no" if "translate" in said else around is None or around.translates
    keeps = said["xml:space"] != "default" if "xml:space" in said else around is None or around.keeps_space
    return _Open(tag, at, around, translates, keeps)
