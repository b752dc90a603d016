"""Tags that stand in plain text, turned from literals into markup; a text cut at its marks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.text.characters import has_letter, trimmed
from app.text.document import Document
from app.text.inline import Mark, Segment
from app.text.kinds import Kind

_NAME = re.compile(r"<(/?)([\w:.-]*)")


def lift(segment: Segment) -> Segment:
    """The same source with literals of kind TAG taken out of the text: pairs around words, the rest as empty marks.

    A model reads words better without tags between them, and alignment knows where a pair belongs. The marks come
    in the order in which they are written: pairs, outer before inner, then empty marks, then a literal.
    """
    tags = [mark for mark in segment.marks if _is_tag(mark)]
    shift = _Shift(tags)
    marks = [_moved(mark, shift) for mark in segment.marks if not _is_tag(mark)]
    partner = _partners(tags, [mark for mark in segment.marks if mark.literal is None])
    for index, tag in enumerate(tags):
        at, spelling = shift.at(tag.start), tag.literal or ""
        other = partner.get(index)
        if other is None:
            marks.append(Mark(at, at, before=spelling))
        elif other > index:
            closing = tags[other]
            marks.append(Mark(at, shift.at(closing.start), before=spelling, after=closing.literal or ""))
    lifted = Segment(shift.without(segment.text), tuple(sorted(marks, key=_written)))
    # Where tags of several sorts meet at one point, a segment cannot say which is inside: then they stay literals.
    return (
        lifted if lifted.source == segment.source else Segment(segment.text, tuple(sorted(segment.marks, key=_written)))
    )


def _is_tag(mark: Mark) -> bool:
    return mark.kind is Kind.TAG and mark.literal is not None


def _written(mark: Mark) -> tuple[int, int, int]:
    rank = 2 if mark.literal is not None else int(mark.is_empty)
    return mark.start, rank, -mark.end


@dataclass(frozen=True, slots=True)
class _Shift:
    """Where things are once `removed` (ascending, apart) is out of the text."""

    removed: Sequence[Mark]

    def at(self, offset: int) -> int:
        return offset - sum(min(mark.end, offset) - mark.start for mark in self.removed if mark.start < offset)

    def without(self, text: str) -> str:
        ends = [0, *(mark.end for mark in self.removed)]
        starts = [*(mark.start for mark in self.removed), len(text)]
        return "".join(text[end:start] for end, start in zip(ends, starts, strict=True))


def _moved(mark: Mark, shift: _Shift) -> Mark:
    return replace(mark, start=shift.at(mark.start), end=shift.at(mark.end))


def _partners(tags: Sequence[Mark], pairs: Sequence[Mark]) -> dict[int, int]:
    """Which tags open and close the same words, by index both ways. A pair never crosses another."""
    found: dict[int, int] = {}
    opened: list[tuple[str, int]] = []
    for index, tag in enumerate(tags):
        spelling = tag.literal or ""
        match = _NAME.match(spelling)
        if match is None or not match[2] or spelling.endswith("/>"):
            continue
        if not match[1]:
            opened.append((match[2], index))
            continue
        depth = next((at for at in range(len(opened) - 1, -1, -1) if opened[at][0] == match[2]), None)
        if depth is None or _around(tags[opened[depth][1]], pairs) != _around(tag, pairs):
            continue
        found[index] = opened[depth][1]
        found[opened[depth][1]] = index
        del opened[depth:]
    return found


def _around(tag: Mark, pairs: Sequence[Mark]) -> list[Mark]:
    return [pair for pair in pairs if pair.start <= tag.start and tag.end <= pair.end]


def split_at_marks(segment: Segment) -> Document:
    """The words between marks as segments; literals and markup as gaps, in the order of the source.

    The last resort where a model loses a mark: it sees less of the sentence, but nothing can be lost. Assembled with
    its own segments it is `segment.source`, with glossary terms in place of the words that they stand for.
    """
    gaps: list[str] = [""]
    segments: list[str] = []
    for text, is_words in _parts(segment):
        start, end = trimmed(text, 0, len(text)) if is_words else (0, 0)
        if not has_letter(text[start:end]):
            gaps[-1] += text
            continue
        gaps[-1] += text[:start]
        segments.append(text[start:end])
        gaps.append(text[end:])
    return Document(tuple(gaps), tuple(segments))


def _parts(segment: Segment) -> Iterator[tuple[str, bool]]:
    """The source as (text, is it words?)."""
    return _walk(segment.text, sorted(segment.marks, key=_written), 0, len(segment.text))


def _walk(text: str, marks: Iterable[Mark], start: int, end: int) -> Iterator[tuple[str, bool]]:
    at = start
    rest = list(marks)
    while rest:
        outer = rest.pop(0)
        inner = [mark for mark in rest if mark.end <= outer.end and not (mark.is_empty and mark.start == outer.end)]
        inner = [] if outer.is_empty or outer.literal is not None else inner
        rest = rest[len(inner) :]
        yield text[at : outer.start], True
        yield outer.before, False
        if outer.literal is None:
            yield from _walk(text, inner, outer.start, outer.end)
        else:
            yield outer.literal, False
        yield outer.after, False
        at = outer.end
    yield text[at:end], True
