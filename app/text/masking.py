"""What a model is shown for a segment with marks: stand-ins that it copies, or nothing at all. Pure.

Which stand-ins are copied best was measured: docs/text.md, `python -m benchmarks.standins`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from app.text.characters import is_unspaced
from app.text.inline import Mark, Segment
from app.text.kinds import Kind
from app.text.lifting import lift

ATTEMPTS = 3
"""How many different sets of stand-ins there are."""

_NUMBERS = (4718, 5829, 6937, 7146, 8253, 9364, 3475, 2586)
_CLOCK_FACES = 40
# By attempt. A name with a digit in it is neither translated nor inflected; a number keeps the grammar of numbers.
_NAMES: tuple[Callable[[int], str], ...] = (
    lambda index: f"XQ{index + 1}",
    lambda index: f"X_{index + 1}",
    lambda index: f"http://x{index + 1}.com",
)
_FIGURES: tuple[Callable[[int], str], ...] = (
    lambda index: str(_NUMBERS[index % len(_NUMBERS)] + index // len(_NUMBERS)),
    *_NAMES[:2],
)
_CLOCKS: tuple[Callable[[int], str], ...] = (
    lambda index: f"{8 + index % 4}:{59 - index}" if index < _CLOCK_FACES else str(_NUMBERS[0] + index),
    *_FIGURES[:2],
)
_CLOCK = re.compile(r"\d{1,2}:\d{2}.*")
# Not a word of any sentence: the model reads on as if it were not there, and it goes back between its neighbours.
_REMOVED = frozenset({Kind.EMOJI, Kind.TAG, Kind.SHORTCODE})
# Where these stand between letters, the letters are one word.
_INSIDE_WORDS = re.compile(r"<wbr\b|&shy;", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one mark is in the masked text.

    shown: the stand-in at `start:end`; "" where nothing is shown for the mark, or where it is markup.
    spaced: whether the source has white space, or its edge, before and after the mark.
    glued: whether the mask put a space there that the source has not.
    """

    mark: Mark
    start: int
    end: int
    shown: str = ""
    spaced: tuple[bool, bool] = (True, True)
    glued: tuple[bool, bool] = (False, False)

    @property
    def is_pair(self) -> bool:
        """Whether it is markup around words."""
        return self.mark.literal is None and not self.mark.is_empty


@dataclass(frozen=True, slots=True)
class Masked:
    """`text` is for the model; `places` has one entry for each mark of `segment`, in its order.

    segment: the source with plain-text tags lifted out of it; its `source` is that of the segment masked.
    """

    segment: Segment
    text: str
    places: tuple[Place, ...]


def mask(segment: Segment, attempt: int = 0) -> Masked:
    """Replace literals by stand-ins, and take out what is no word. `attempt` (0, 1, 2) chooses other stand-ins."""
    lifted = lift(segment)
    builder = _Builder(lifted.text)
    places: list[Place | None] = []
    for mark, shown in zip(lifted.marks, _standins(lifted, attempt), strict=True):
        is_pair = mark.literal is None and not mark.is_empty
        places.append(None if is_pair else builder.put(mark, shown))
    builder.copy(len(lifted.text))
    moved = builder.moved
    return Masked(
        lifted,
        "".join(builder.out),
        tuple(
            place or Place(mark, moved[mark.start], moved[mark.end])
            for mark, place in zip(lifted.marks, places, strict=True)
        ),
    )


class _Builder:
    """Writes the masked text from left to right. moved: where each offset of the source went."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.out: list[str] = []
        self.moved = [0] * (len(text) + 1)
        self._at = 0
        self._length = 0
        self._parted = False  # has something been taken out since the last letter?

    def copy(self, to: int) -> None:
        """Take over the source as far as `to`."""
        if (
            self._parted
            and self._at < to
            and self.out
            and _is_letter(self.out[-1][-1])
            and _is_letter(self.text[self._at])
        ):
            self._write(" ")  # several marks stood between these letters
        self._parted = self._parted and self._at >= to
        for offset in range(self._at, to + 1):
            self.moved[offset] = self._length + offset - self._at
        self._write(self.text[self._at : to])
        self._at = max(self._at, to)

    def put(self, mark: Mark, shown: str) -> Place:
        """Put `shown`, or nothing, in the place of a literal or an empty mark."""
        self.copy(mark.start)
        before, after = self.text[: mark.start][-1:], self.text[mark.end : mark.end + 1]
        spaced = (not before or before.isspace(), not after or after.isspace())
        return self._show(mark, shown, after, spaced) if shown else self._drop(mark, before, after, spaced)

    def _show(self, mark: Mark, shown: str, after: str, spaced: tuple[bool, bool]) -> Place:
        glued = bool(self.out) and _is_letter(self.out[-1][-1]), _is_letter(after)
        self._write(" " * glued[0])
        start = self._length
        self._write(shown)
        end = self._length
        self.moved[mark.start : mark.end + 1] = [start] * (mark.end - mark.start) + [end]
        self._write(" " * glued[1])
        self._at = mark.end
        return Place(mark, start, end, shown, spaced, glued)

    def _drop(self, mark: Mark, before: str, after: str, spaced: tuple[bool, bool]) -> Place:
        between = _is_letter(before) and _is_letter(after) and not _INSIDE_WORDS.match(mark.literal or mark.before)
        if not mark.is_empty and spaced == (True, False) and not _is_letter(after) and not self._parted:
            self._take_back_space()  # "word 😀." is read as "word."
        point = self._length
        self.moved[mark.start : mark.end + 1] = [point] * (mark.end - mark.start + 1)
        self._at = mark.end
        self._parted = not _INSIDE_WORDS.match(mark.literal or mark.before)
        if between and not self._ends_in_space():
            self._write(" ")
        elif not mark.is_empty and all(spaced) and after == " ":
            self._at += 1  # one of the two spaces around it went with it
            self.moved[self._at] = point
        return Place(mark, point, point, "", spaced, (between, between))

    def _take_back_space(self) -> None:
        if self.out and self.out[-1].endswith(" "):
            last = self.out.pop()[:-1]
            self._length -= len(last) + 1
            self._write(last)

    def _ends_in_space(self) -> bool:
        return not self._length or self.out[-1][-1].isspace()

    def _write(self, text: str) -> None:
        if text:
            self.out.append(text)
            self._length += len(text)


def _standins(segment: Segment, attempt: int) -> Iterator[str]:
    """What is shown for each mark: nothing twice, nor what the text holds by itself."""
    folded = segment.text.casefold()
    numbers = count()
    for mark in segment.marks:
        if mark.literal is None or mark.kind in _REMOVED:
            yield ""
        elif mark.kind is Kind.ENTITY and not attempt and len(character := html.unescape(mark.literal).strip()) < 2:
            yield character
        else:
            family = _family(mark)[attempt % ATTEMPTS]
            yield next(shown for shown in map(family, numbers) if shown.casefold() not in folded)


def _family(mark: Mark) -> tuple[Callable[[int], str], ...]:
    if mark.kind is Kind.TIME and _CLOCK.fullmatch(mark.literal or ""):
        return _CLOCKS
    return _FIGURES if mark.kind in (Kind.NUMBER, Kind.TIME) else _NAMES


def _is_letter(character: str) -> bool:
    """Would this character and a stand-in beside it be read as one word?"""
    return character.isalnum() and not is_unspaced(character)
