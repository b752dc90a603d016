"""Cuts a text into sentences to translate and gaps to keep: lines, indentation, bullets, then sentences. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from app.text.characters import has_letter, trimmed
from app.text.document import Range
from app.text.sentences import sentences

# What ends a line or a cell: control characters (tab, CR, LF, form feed, NUL ...), the Unicode line and paragraph
# separators, and the runs of three spaces or more that columns are aligned with.
_SEPARATOR = re.compile(r"(?:[\x00-\x1f\x7f\x85\u2028\u2029]| {3})[\x00-\x20\x7f\x85\u2028\u2029]*+")
# What stands before the words of a line: quote marks, headings, list marks without letters, dialogue dashes.
_BULLET = re.compile(
    r"(?>(?:(?:[>#|*+\-–—•‣⁃·∙◦]++|\d{1,3}+(?>(?:\.\d{1,3}+)*)[.)]|\(\d{1,3}+\)|\[[ ]?\])\s++)+)"  # noqa: RUF001
)
# Without newlines: the same, but a single line break inside a paragraph is as good as a space.
_SOFT_BREAK = r"(?:\r\n|[\n\r\x85\u2028](?!\n))"
_PARAGRAPH_SEPARATOR = re.compile(rf"(?!{_SOFT_BREAK}[ ]*+(?![\x00-\x1f\x7f\x85\u2028\u2029])){_SEPARATOR.pattern}")
_LINE_BREAKS = dict.fromkeys(map(ord, "\n\r\x85\u2028"), " ")


class Split(StrEnum):
    """What ends a segment, by DeepL's names."""

    NEVER = "0"
    SENTENCES = "1"
    SENTENCES_ACROSS_LINES = "nonewlines"


def segment(text: str, language: str, split: Split = Split.SENTENCES) -> list[Range]:
    """Where the sentences of `text` are, in order and apart; everything else is in the gaps between them.

    language: BCP 47 tag of the text; any string will do (app.text.sentences says what an unknown one gets).
    split: SENTENCES ends a segment where its sentence or its line ends. SENTENCES_ACROSS_LINES lets a sentence go on
    over a line break, not over a blank line or an indentation. NEVER makes one segment of all. The latter two leave
    line breaks inside segments: give the model `unwrapped(segment)`.
    A span without a letter is never a segment: digits, punctuation and emoji alone come back as they are.
    Every letter is in exactly one segment. Unless `split` is NEVER, none is over 4,096 code points. Linear time.
    """
    if split is Split.NEVER:
        inner = trimmed(text, 0, len(text))
        return [inner] if has_letter(text[slice(*inner)]) else []
    return list(_segments(text, language, split))


def unwrapped(one: str) -> str:
    """A segment with spaces for its line breaks; as long as before, so every offset holds."""
    return one.translate(_LINE_BREAKS)


def _segments(text: str, language: str, split: Split) -> Iterator[Range]:
    across = split is Split.SENTENCES_ACROSS_LINES
    for start, end in _cells(text, _PARAGRAPH_SEPARATOR if across else _SEPARATOR):
        if not has_letter(text[start:end]):
            continue
        begin = _after_bullets(text, *trimmed(text, start, end))
        cell = unwrapped(text[begin:end]) if across else text[begin:end]
        for first, last in sentences(cell, language):
            inner = trimmed(text, begin + first, begin + last)
            if has_letter(text[slice(*inner)]):
                yield inner


def _cells(text: str, separator: re.Pattern[str]) -> Iterator[Range]:
    """Lines or paragraphs, and the parts of them that tabs or columns hold apart, without their separators."""
    at = 0
    for match in separator.finditer(text):
        if match.start() > at:
            yield at, match.start()
        at = match.end()
    if at < len(text):
        yield at, len(text)


def _after_bullets(text: str, start: int, end: int) -> int:
    match = _BULLET.match(text, start, end)
    return match.end() if match else start
