"""Marked-up blocks as units whose tags are numbers, so that the syntax of no format is in the translator's way; pure.

`Press **Save** &` in Markdown travels as `Press <g i="0">Save</g> &amp;`, and `<x i="1"/>` is a tag without words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from html import unescape

from app.documents.content import Content, Unit
from app.text.inline import Mark, weave, written
from app.text.markup import Block, Blocks, Format, Options
from app.text.markup.xml_tokens import XmlKind, XmlToken, tokenize

NUMBERED = Options(Format.XML, attributes=False, ignore_tags=frozenset({"k"}), outline_detection=False)
"""How units are marked up. k: words that stay as they are. t: holds words whose white space counts."""

_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
_SPACES_THAT_COUNT = re.compile(r"[\t\n\r\f]|  |\A | \Z")
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_START, _END = '<t xml:space="preserve">', "</t>"
# The text pipeline knows by these that the letters beside them are one word.
_INSIDE_WORDS = re.compile(r"<wbr\b|&shy;", re.IGNORECASE)


def content_of(blocks: Blocks, encode: Callable[[str], bytes], *, source: str = "") -> Content:
    """Return a document of these blocks. source: the language that it says it is in."""
    skipped = f"{blocks.skipped} passage(s) could not be told from their markup and stay as they are."
    return Content(
        units=tuple(map(unit_of, blocks.blocks)),
        write=lambda translations, _: encode(
            blocks.render([woven(block, one) for block, one in zip(blocks.blocks, translations, strict=True)])
        ),
        source=source,
        notes=(skipped,) if blocks.skipped else (),
    )


def unit_of(block: Block) -> Unit:
    """Return a block as a unit: its plain words where it has no marks."""
    if not block.marks:
        return Unit(block.text)
    marks = [_numbered(block.text, mark, number) for number, mark in enumerate(block.marks)]
    text = weave(block.text, marks, _escaped)
    return Unit(f"{_START}{text}{_END}" if _SPACES_THAT_COUNT.search(block.text) else text, NUMBERED)


def woven(block: Block, translation: str) -> str:
    """Return a translation of `unit_of(block)` as the block's own markup. Raises what `translation_of` does."""
    return block.woven(*translation_of(block, translation))


def translation_of(block: Block, translation: str) -> tuple[str, Sequence[Mark]]:
    """Return the words of a translation of `unit_of(block)`, and the block's marks where they are in it.

    Raises ValueError where it has not every tag exactly once, which the text pipeline never does.
    """
    return _Reader(block).read(tokenize(translation)) if block.marks else (translation, ())


def _numbered(text: str, mark: Mark, number: int) -> Mark:
    if mark.literal is not None:
        words = _escaped(text[mark.start : mark.end])
        return replace(mark, literal=f'<k i="{number}">{words}</k>', before="", after="")
    if mark.is_empty:
        name = "wbr" if _INSIDE_WORDS.match(mark.before) else "x"
        return replace(mark, before=f'<{name} i="{number}"/>', after="")
    return replace(mark, before=f'<g i="{number}">', after="</g>")


def _escaped(words: str) -> str:
    return _NOT_IN_XML.sub(lambda found: f'<u c="{ord(found[0])}"/>', words.translate(_ESCAPES))


@dataclass(slots=True)
class _Place:
    """Where a mark was found. prefix, suffix: tags without words that stand just before it, and at its end inside."""

    number: int
    start: int
    end: int
    prefix: str = ""
    suffix: str = ""
    is_absorbed: bool = False


class _Reader:
    """Reads a translation. What stands at one place stays in its order, as part of the pair that it touches."""

    def __init__(self, block: Block) -> None:
        self._marks = block.marks
        self._parts: list[str] = []
        self._length = 0
        self._places: list[_Place] = []
        self._open: list[_Place] = []
        self._touching: list[_Place] = []  # without words, since the last words or tag of a pair
        self._numbers: list[int] = []

    def read(self, tokens: Iterable[XmlToken]) -> tuple[str, list[Mark]]:
        for token in tokens:
            words = _words(token)
            if words:
                self._parts.append(words)
                self._length += len(words)
                self._touching = []
            elif token.kind is XmlKind.CLOSE:
                self._close(self._open.pop())
            elif token.kind in {XmlKind.OPEN, XmlKind.EMPTY}:
                self._begin(
                    _Place(int(token.attributes().get("i", -1)), self._length, self._length),
                    is_empty=token.kind is XmlKind.EMPTY,
                )
        if sorted(self._numbers) != list(range(len(self._marks))):
            raise ValueError(f"{len(self._marks)} tags went out, but {len(self._numbers)} came back, or others")
        marks = (self._mark(place) for place in self._places if not place.is_absorbed)
        return "".join(self._parts), sorted(marks, key=written)

    def _begin(self, place: _Place, *, is_empty: bool) -> None:
        if not is_empty:
            self._open.append(place)
        if place.number < 0:
            return
        self._numbers.append(place.number)
        if is_empty:
            self._touching.append(place)
        elif place.number < len(self._marks) and self._marks[place.number].literal is None:
            place.prefix = self._absorbed()
        self._places.append(place)

    def _close(self, place: _Place) -> None:
        place.end = self._length
        if place.number < 0:
            return
        place.suffix = self._absorbed()
        if place.start == place.end:
            self._touching.append(place)

    def _absorbed(self) -> str:
        """Return the markup of what is touching, which is no mark of its own any more."""
        absorbed, self._touching = self._touching, []
        for place in absorbed:
            place.is_absorbed = True
        return "".join(mark.before + mark.after for mark in map(self._mark, absorbed))

    def _mark(self, place: _Place) -> Mark:
        mark = self._marks[place.number]
        before, after = place.prefix + mark.before, place.suffix + mark.after
        return replace(mark, start=place.start, end=place.end, before=before, after=after)


def _words(token: XmlToken) -> str:
    match token.kind:
        case XmlKind.TEXT:
            return token.raw
        case XmlKind.REFERENCE:
            return unescape(token.raw)
        case XmlKind.EMPTY if token.name == "u":
            return chr(int(token.attributes()["c"]))
    return ""
