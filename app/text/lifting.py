"""Tags that stand in plain text, turned from literals into markup; the words between marks. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from app.text.characters import has_letter, trimmed
from app.text.document import Range
from app.text.inline import Mark, Segment, written
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
    lifted = Segment(shift.without(segment.text), tuple(sorted(marks, key=written)))
    # Where tags of several sorts meet at one point, a segment cannot say which is inside: then they stay literals.
    return (
        lifted if lifted.source == segment.source else Segment(segment.text, tuple(sorted(segment.marks, key=written)))
    )


def _is_tag(mark: Mark) -> bool:
    return mark.kind is Kind.TAG and mark.literal is not None


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


def words_between(segment: Segment) -> list[Range]:
    """The words between marks, for a model that is to see them without any.

    The last resort where a model loses a mark: it sees less of the sentence, but nothing can be lost.
    """
    covered = [(mark.start, mark.end) for mark in segment.marks if mark.literal is not None]
    edges = sorted({0, len(segment.text), *(edge for mark in segment.marks for edge in (mark.start, mark.end))})
    runs = [(start, end) for start, end in pairwise(edges) if not any(a <= start < b for a, b in covered)]
    inner = [trimmed(segment.text, start, end) for start, end in runs]
    return [one for one in inner if has_letter(segment.text[slice(*one)])]
