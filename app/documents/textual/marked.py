"""Marked-up blocks as units whose tags are numbers, so that the syntax of no format is in the translator's way; pure.

`Press **Save** &` in Markdown travels as `Press <g i="0">Save</g> &amp;`, and `<x i="1"/>` is a tag without words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
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
    return _read(block, tokenize(translation)) if block.marks else (translation, ())


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


def _read(block: Block, tokens: Iterable[XmlToken]) -> tuple[str, list[Mark]]:
    parts: list[str] = []
    length = 0
    found: list[tuple[int, int, int]] = []  # (start, end, number), as they begin
    waiting: list[int] = []
    for token in tokens:
        words = _words(token)
        parts.append(words)
        length += len(words)
        if token.kind is XmlKind.CLOSE:
            start, _, number = found[waiting[-1]]
            found[waiting.pop()] = (start, length, number)
        elif token.kind is XmlKind.OPEN or (token.kind is XmlKind.EMPTY and not words):
            if token.kind is XmlKind.OPEN:
                waiting.append(len(found))
            found.append((length, length, int(token.attributes().get("i", -1))))
    return "".join(parts), _marks(block, [one for one in found if one[2] >= 0])


def _marks(block: Block, found: Sequence[tuple[int, int, int]]) -> list[Mark]:
    if sorted(number for *_, number in found) != list(range(len(block.marks))):
        raise ValueError(f"{len(block.marks)} tags went out, but {len(found)} came back, or others")
    return sorted((replace(block.marks[number], start=start, end=end) for start, end, number in found), key=written)


def _words(token: XmlToken) -> str:
    match token.kind:
        case XmlKind.TEXT:
            return token.raw
        case XmlKind.REFERENCE:
            return unescape(token.raw)
        case XmlKind.EMPTY if token.name == "u":
            return chr(int(token.attributes()["c"]))
    return ""
