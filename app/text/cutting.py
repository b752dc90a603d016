"""A marked text as gap, segment, gap ...: cut at any places, with every mark on its side of each cut. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.text.document import Range
from app.text.inline import Mark, Segment

Write = Callable[[str, Sequence[Mark]], str]
"""Plain words and their marks -> how they are written in the text's format."""


@dataclass(frozen=True, slots=True)
class Cut:
    """`gaps[0] + segments[0] + gaps[1] + ...`, where segments are still to be written.

    gaps: as written, markup included; they come back as they are. segments: what is translated.
    """

    gaps: tuple[str, ...]
    segments: tuple[Segment, ...]


def cut(whole: Segment, ranges: Iterable[Range], write: Write) -> Cut:
    """Make the ranges of `whole.text` (ascending, apart, none ending inside a literal) its segments, the rest gaps.

    Markup at the edge of a range goes to the gap. A pair that a range holds one end of keeps that end there: its other
    tag is empty in the segment's mark.
    """
    places = list(ranges)
    if not whole.marks:
        return _plain(whole.text, places, write)
    marks = sorted(whole.marks, key=lambda mark: (mark.start, -mark.end))
    return Cut(tuple(_gaps(whole.text, marks, places, write)), tuple(_inside(whole.text, marks, one) for one in places))


def _plain(text: str, ranges: Sequence[Range], write: Write) -> Cut:
    starts, ends = [0, *(end for _, end in ranges)], [*(start for start, _ in ranges), len(text)]
    gaps = tuple(write(text[start:end], ()) for start, end in zip(starts, ends, strict=True))
    return Cut(gaps, tuple(Segment(text[start:end]) for start, end in ranges))


def _inside(text: str, marks: Iterable[Mark], place: Range) -> Segment:
    start, end = place
    clipped = (_clipped(mark, start, end) for mark in marks if mark.start < end and mark.end > start)
    kept = [mark for mark in clipped if mark is not None]
    return Segment(text[start:end], tuple(sorted(kept, key=lambda mark: (mark.start, -mark.end))))


def _clipped(mark: Mark, start: int, end: int) -> Mark | None:
    """The part of a mark that belongs to a range which it meets; None where both its tags are outside."""
    if mark.literal is not None or mark.is_empty:
        return replace(mark, start=mark.start - start, end=mark.end - start)
    opens, closes = mark.start > start, mark.end < end
    if not opens and not closes:
        return None
    first, last = max(mark.start, start) - start, min(mark.end, end) - start
    return replace(mark, start=first, end=last, before=mark.before if opens else "", after=mark.after if closes else "")


@dataclass(frozen=True, slots=True)
class _Token:
    """What is written next: words `start:end` of the text where `words`, else markup or a literal."""

    written: str
    start: int
    end: int
    words: bool = False


def _gaps(text: str, marks: Sequence[Mark], ranges: Sequence[Range], write: Write) -> Iterator[str]:
    starts, ends = [0, *(end for _, end in ranges)], [*(start for start, _ in ranges), len(text)]
    bounds = list(zip(starts, ends, strict=True))
    out: list[list[str]] = [[] for _ in bounds]
    number = 0
    for token in _tokens(text, marks):
        # Each token is looked at from the gap in which the one before it ended: linear.
        while number + 1 < len(bounds) and token.start >= ranges[number][1] and not _ends_here(token, bounds[number]):
            number += 1
        at = number
        while at < len(bounds) and bounds[at][0] <= token.end:
            start, end = bounds[at]
            if token.words:
                first, last = max(start, token.start), min(end, token.end)
                if first < last:
                    out[at].append(write(text[first:last], ()))
            elif start <= token.start and token.end <= end:
                out[at].append(token.written)
                break
            at += 1
    for parts in out:
        yield "".join(parts)


def _ends_here(token: _Token, gap: Range) -> bool:
    return token.start <= gap[1]


def _tokens(text: str, marks: Iterable[Mark]) -> Iterator[_Token]:
    """The text with its marks, in the order in which it is written."""
    closing: list[Mark] = []
    at = 0
    for mark in marks:
        while closing and closing[-1].end <= mark.start:
            last = closing.pop()
            yield from _words(at, last.end)
            at = max(at, last.end)
            yield _Token(last.after, last.end, last.end)
        yield from _words(at, mark.start)
        at = max(at, mark.start)
        if mark.literal is not None:
            yield _Token(mark.before + mark.literal + mark.after, mark.start, mark.end)
            at = max(at, mark.end)
        elif mark.is_empty:
            yield _Token(mark.before + mark.after, mark.start, mark.start)
        else:
            yield _Token(mark.before, mark.start, mark.start)
            closing.append(mark)
    while closing:
        last = closing.pop()
        yield from _words(at, last.end)
        at = max(at, last.end)
        yield _Token(last.after, last.end, last.end)
    yield from _words(at, len(text))


def _words(start: int, end: int) -> Iterator[_Token]:
    if end > start:
        yield _Token("", start, end, words=True)
