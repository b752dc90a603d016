"""A marked text cut into segments, and put together again out of their translations. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from app.text.document import Range
from app.text.inline import Mark, Segment, written
from app.text.joining import gap_between


@dataclass(frozen=True, slots=True)
class Cut:
    """Gap, segment, gap ... of a marked text.

    segments: the text at `ranges` (ascending, apart), each with the marks that are in it, keyed by their place in
    `whole.marks`. Markup at the edge of a range is in the gap. Of a pair that ends in another segment or in a gap, a
    segment has the one tag that is inside it.
    """

    whole: Segment
    ranges: tuple[Range, ...]
    segments: tuple[Segment, ...]

    @property
    def gaps(self) -> list[str]:
        """The words between the segments, one more than those."""
        text, edges = self.whole.text, [0, *(place for one in self.ranges for place in one), len(self.whole.text)]
        return [text[edges[at] : edges[at + 1]] for at in range(0, len(edges), 2)]

    def apart(self) -> list[Cut]:
        """One for each segment, with the gap before it, the last one with the gap at the end, too.

        Only for a text whose marks are all literals, each of which is inside one segment or one gap.
        """
        if len(self.ranges) < 2:
            return [self]
        bounds = [0, *(end for _, end in self.ranges[:-1]), len(self.whole.text)]
        marks = _Marks(self.whole.marks)
        return [
            cut(Segment(self.whole.text[low:high], marks.within(low, high)), [(start - low, end - low)])
            for (low, high), (start, end) in zip(pairwise(bounds), self.ranges, strict=True)
        ]

    def joined(self, parts: Sequence[Segment]) -> Segment:
        """Return `whole` with a translation in the place of each segment, and every mark where it belongs now."""
        gaps = self.gaps
        if len(parts) == 1 and not self.whole.marks and not parts[0].marks:  # a sentence, as most texts are
            return Segment(gaps[0] + parts[0].text + gaps[1])
        for at in range(1, len(parts)):
            sources, targets = self.segments[at - 1 : at + 1], parts[at - 1 : at + 1]
            gaps[at] = gap_between(gaps[at], (sources[0].text, sources[1].text), (targets[0].text, targets[1].text))
        layout = _Layout(self.ranges, gaps, parts)
        moved = (layout.moved(mark, key) for key, mark in enumerate(self.whole.marks))
        marks = (replace(mark, key=self.whole.marks[mark.key].key) for mark in moved if mark is not None)
        new = (replace(mark, start=mark.start + base, end=mark.end + base) for mark, base in layout.unknown())
        return Segment(layout.text, tuple(sorted((*marks, *new), key=written)))


def cut(whole: Segment, ranges: Iterable[Range]) -> Cut:
    """Make the ranges of `whole.text` its segments. None may end inside a literal."""
    places = tuple(ranges)
    if not whole.marks:
        return Cut(whole, places, tuple(Segment(whole.text[start:end]) for start, end in places))
    marks = _Marks(whole.marks)
    return Cut(whole, places, tuple(Segment(whole.text[start:end], marks.inside(start, end)) for start, end in places))


class _Marks:
    """The marks of a text by where they begin and where they end, so that no range looks at those of all others."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self._by_start = sorted((replace(mark, key=key) for key, mark in enumerate(marks)), key=_start)
        self._by_end = sorted(self._by_start, key=_end)

    def within(self, start: int, end: int) -> tuple[Mark, ...]:
        """Return the marks that begin in a range, as seen from its beginning."""
        first = bisect_left(self._by_start, start, key=_start)
        found = self._by_start[first : bisect_left(self._by_start, end, key=_start)]
        return tuple(replace(mark, start=mark.start - start, end=mark.end - start) for mark in found)

    def inside(self, start: int, end: int) -> tuple[Mark, ...]:
        """Return what a range has of the marks: of those that begin in it, and of those that only end in it."""
        first = bisect_left(self._by_start, start, key=_start)
        begin = self._by_start[first : bisect_left(self._by_start, end, key=_start)]
        ended = self._by_end[bisect_right(self._by_end, start, key=_end) : bisect_left(self._by_end, end, key=_end)]
        met = [*(mark for mark in begin if mark.end > start), *(mark for mark in ended if mark.start < start)]
        clipped = (_clipped(mark, start, end) for mark in met)
        return tuple(sorted((mark for mark in clipped if mark is not None), key=written))


def _start(mark: Mark) -> int:
    return mark.start


def _end(mark: Mark) -> int:
    return mark.end


def _clipped(mark: Mark, start: int, end: int) -> Mark | None:
    """The part of a mark that belongs to a range which it meets; None where both its tags are outside."""
    opens, closes = mark.start > start, mark.end < end
    if mark.literal is None and not opens and not closes:
        return None
    first, last = max(mark.start, start) - start, min(mark.end, end) - start
    if mark.literal is not None:
        return replace(mark, start=first, end=last)
    return replace(mark, start=first, end=last, before=mark.before if opens else "", after=mark.after if closes else "")


class _Layout:
    """Where everything is in the new text. starts, ends: of the old ranges; news: where their translations are."""

    def __init__(self, ranges: Sequence[Range], gaps: Sequence[str], parts: Sequence[Segment]) -> None:
        self._starts, self._ends = [start for start, _ in ranges], [end for _, end in ranges]
        self._gaps = gaps
        self._parts = parts
        self._known = [{mark.key: mark for mark in part.marks} for part in parts]
        self._news: list[Range] = []
        out, length = [gaps[0]], len(gaps[0])
        for part, gap in zip(parts, gaps[1:], strict=True):
            self._news.append((length, length + len(part.text)))
            out += (part.text, gap)
            length += len(part.text) + len(gap)
        self.text = "".join(out)

    def moved(self, mark: Mark, key: int) -> Mark | None:
        """Return a mark where it is now; None for a tag that was found in a segment's text and is `unknown` now."""
        mark = replace(mark, key=key)
        if mark.literal is None and not mark.is_empty:
            start, end = self._opening(mark.start, key), self._closing(mark.end, key)
            return replace(mark, start=start, end=max(start, end))
        at = bisect_right(self._starts, mark.start) - 1
        inside = at >= 0 and mark.start < self._ends[at] and (not mark.is_empty or mark.start > self._starts[at])
        if inside:
            base, found = self._news[at][0], self._known[at].get(key)
            return replace(mark, start=base + found.start, end=base + found.end) if found else None
        start = self._opening(mark.start, key)
        return replace(mark, start=start, end=start + (mark.end - mark.start))

    def unknown(self) -> Iterable[tuple[Mark, int]]:
        """Marks that the segments had not before: tags that were found in their text."""
        for part, (base, _) in zip(self._parts, self._news, strict=True):
            yield from ((mark, base) for mark in part.marks if mark.key < 0)

    def _opening(self, old: int, key: int) -> int:
        at = bisect_right(self._starts, old) - 1
        if at < 0 or old >= self._ends[at]:
            return self._in_gap(at + 1, old)
        base, found = self._news[at][0], self._known[at].get(key)
        return base if old == self._starts[at] or found is None else base + found.start

    def _closing(self, old: int, key: int) -> int:
        at = bisect_left(self._starts, old) - 1
        if at < 0 or old > self._ends[at]:
            return self._in_gap(at + 1, old)
        (base, last), found = self._news[at], self._known[at].get(key)
        return last if old == self._ends[at] or found is None else base + found.end

    def _in_gap(self, number: int, old: int) -> int:
        before, new = (self._ends[number - 1], self._news[number - 1][1]) if number else (0, 0)
        return new + min(old - before, len(self._gaps[number]))
