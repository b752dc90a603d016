"""SubRip and WebVTT: a unit for each cue, or for each of its lines where they are sentences of their own; pure.

A sentence that runs over several cues is translated cue by cue: what was shown at a time has its words at that time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from app.documents.content import Content, DocumentLimits
from app.documents.errors import BrokenDocument
from app.documents.textual.cue_items import TIMESTAMP, items_of
from app.documents.textual.encoding import decode
from app.documents.textual.lines import wrapped
from app.documents.textual.marked import translation_of, unit_of
from app.text.document import Range
from app.text.inline import Mark
from app.text.markup import Block
from app.text.markup.runs import blocks_of

_LINE = re.compile(r"[^\r\n]*+(?:\r\n|[\r\n])|[^\r\n]++\Z")
_TIME = r"(?:\d{1,9}:)?\d{1,2}:\d{1,2}[.,:]\d{1,3}"
_TIMING = re.compile(rf"[ \t]{{0,9}}{_TIME}[ \t]{{0,9}}-->[ \t]{{0,9}}{_TIME}")
_BREAK = re.compile(r"\r\n|[\r\n]")


def read(data: bytes, limits: DocumentLimits) -> Content:  # noqa: ARG001
    """Read subtitles; WebVTT is what begins like it. Numbers, times, settings, notes and styles are no units.

    Raises BrokenDocument.
    """
    text, encoding = decode(data)
    is_webvtt = text.startswith("WEBVTT")
    lines = [match.span() for match in _LINE.finditer(text)]
    cues = list(_webvtt_cues(text, lines) if is_webvtt else _subrip_cues(text, lines))
    if not cues:
        raise BrokenDocument('The document has no subtitles: no line like "00:00:01,000 --> 00:00:02,000".')
    film = _Film(text, cues, is_webvtt=is_webvtt)
    return Content(
        units=tuple(map(unit_of, film.blocks)),
        write=lambda translations, _: encoding.encode(film.written(translations)),
    )


def _webvtt_cues(text: str, lines: Sequence[Range]) -> Iterator[Range]:
    """Yield where the text of each cue is: up to a blank line."""
    start = -1
    for first, last in lines:
        is_timing = bool(_TIMING.match(text, first, last))
        if start >= 0 and (is_timing or not text[first:last].strip()):
            yield start, first
            start = -1
        if is_timing:
            start = last
    if start >= 0:
        yield start, len(text)


def _subrip_cues(text: str, lines: Sequence[Range]) -> Iterator[Range]:
    """Yield where the text of each cue is: up to the number of the next, for blank lines are found in cues, too."""
    start = -1
    before = (0, 0)
    for first, last in lines:
        if _TIMING.match(text, first, last):
            if start >= 0:
                has_number = before[0] >= start and text[slice(*before)].strip().isdigit()
                yield start, before[0] if has_number else first
            start = last
        before = (first, last)
    if start >= 0:
        yield start, len(text)


class _Film:
    """All cues of a file: gap, block, gap ..."""

    def __init__(self, text: str, cues: Sequence[Range], *, is_webvtt: bool) -> None:
        self.gaps: list[str] = [""]
        self.blocks: list[Block] = []
        at = 0
        for start, end in cues:
            gaps, blocks = blocks_of(list(items_of(text[start:end], is_webvtt=is_webvtt)))
            self.gaps[-1] += text[at:start] + gaps[0]
            self.gaps += gaps[1:]
            self.blocks += blocks
            at = end
        self.gaps[-1] += text[at:]

    def written(self, translations: Sequence[str]) -> str:
        done = [_written(block, one) for block, one in zip(self.blocks, translations, strict=True)]
        return "".join(part for pair in zip(self.gaps, [*done, ""], strict=True) for part in pair)


def _written(block: Block, translation: str) -> str:
    """Return a translation in as many lines as the block has; the block itself where it would be empty otherwise."""
    text, marks = translation_of(block, translation)
    text = text.translate({ord("\n"): " ", ord("\r"): " "})
    if not text.strip() or block.woven(text, marks) == block.woven(block.text, block.marks):
        return block.raw
    breaks = _BREAK.findall(block.raw)
    line_breaks = [_line_break(text, at, breaks[0]) for at in wrapped(text, len(breaks) + 1)]
    return _in_time(block.woven(text, [*marks, *line_breaks]))


def _line_break(text: str, at: int, line_break: str) -> Mark:
    if text[at] == " ":
        return Mark(at, at + 1, literal=line_break)
    return Mark(at, at, before=line_break)


def _in_time(woven: str) -> str:
    """Put the times inside of a cue, which went with their words, in order again."""
    times = iter(sorted(TIMESTAMP.findall(woven), key=lambda one: (len(one), one)))
    return TIMESTAMP.sub(lambda _: next(times), woven)
