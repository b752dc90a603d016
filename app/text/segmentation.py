"""Cuts a text into sentences to translate and gaps to keep: lines, indentation, bullets, then sentences. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.text.characters import has_letter, trimmed
from app.text.document import Document, Range, from_ranges
from app.text.sentences import sentences

# What ends a line or a cell: control characters (tab, CR, LF, form feed, NUL ...), the Unicode line and paragraph
# separators, and the runs of three spaces or more that columns are aligned with.
_SEPARATOR = re.compile(r"(?:[\x00-\x1f\x7f\x85\u2028\u2029]| {3})[\x00-\x20\x7f\x85\u2028\u2029]*+")
# What stands before the words of a line: quote marks, headings, list marks without letters, dialogue dashes.
_BULLET = re.compile(
    r"(?:(?:[>#|*+\-–—•‣⁃·∙◦]++|\d{1,3}+(?:\.\d{1,3}+)*+[.)]|\(\d{1,3}+\)|\[[ ]?\])\s++)++"  # noqa: RUF001
)


def segment(text: str, language: str) -> Document:
    """The sentences of `text` as segments; everything else is in the gaps, so the source can be rebuilt exactly.

    language: BCP 47 tag of the text; any string will do (app.text.sentences says what an unknown one gets).
    A span without a letter is never a segment: digits, punctuation and emoji alone come back as they are.
    Every letter is in exactly one segment. No segment is over 4,096 code points. Linear time.
    """
    return from_ranges(text, _segments(text, language))


def _segments(text: str, language: str) -> Iterator[Range]:
    for start, end in _cells(text):
        if not has_letter(text[start:end]):
            continue
        begin = _after_bullets(text, *trimmed(text, start, end))
        for first, last in sentences(text[begin:end], language):
            inner = trimmed(text, begin + first, begin + last)
            if has_letter(text[slice(*inner)]):
                yield inner


def _cells(text: str) -> Iterator[Range]:
    """Lines, and the parts of a line that tabs or columns hold apart, without their separators."""
    at = 0
    for match in _SEPARATOR.finditer(text):
        if match.start() > at:
            yield at, match.start()
        at = match.end()
    if at < len(text):
        yield at, len(text)


def _after_bullets(text: str, start: int, end: int) -> int:
    match = _BULLET.match(text, start, end)
    return match.end() if match else start
