"""Is a decoder going round in circles? Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from operator import eq

from app.text.checks.faults import Fault, FaultKind
from app.text.checks.readings import Reading

# Fitted with `python -m benchmarks.checks`; docs/text.md has its table.
_LONGEST_UNIT = 12  # words
_TIMES_FOR_SURE = 3  # of a unit of one or two words; longer ones are no accident the second time
_LONG_UNIT = 3  # words
_LOOSE_TIMES = 4  # of the same three words, not one after the other
_LONG_WORD = 14  # letters: what has no spaces is looked at letter by letter
_CHARACTERS = re.compile(r"(.)\1{5,}|([^\W\d]{2,12}?)\2{3,}", re.DOTALL)
_SHOWN = 60


def repetition(source: Reading, translation: Reading) -> Fault | None:
    """Find a unit that comes more often in a row than any does in the source."""
    words = translation.words
    if len(translation.distinct) < len(words):
        found = _longest_run(words)
        if found and not _in_source(found, source.words):
            return _told(translation, *found)
        if fault := _scattered(source.words, translation):
            return fault
    return _letters(source.text, translation)


def _longest_run(words: Sequence[str]) -> tuple[Sequence[str], int] | None:
    """The unit that is repeated without a gap most often, and how often it comes."""
    best: tuple[Sequence[str], int] | None = None
    for size in sorted(_lags(words)):
        end, run = _longest_stretch(words, size)
        times = run // size + 1
        if times > max(1, _times(best)):
            best = words[end - size : end], times
    return best


def _in_source(found: tuple[Sequence[str], int], source: Sequence[str]) -> bool:
    """Does the source repeat as often, or has it the same words as often, if in other places ("%s of %s: %s")?"""
    unit, times = found
    if times <= _times(_longest_run(source)):
        return True
    return all(source.count(word) >= times for word in unit)


def _lags(words: Sequence[str]) -> Iterator[int]:
    """How far back words were there before, where that happens often enough to be a repeated unit."""
    last: dict[str, int] = {}
    counts: dict[int, int] = {}
    for place, word in enumerate(words):
        if word in last:
            lag = place - last[word]
            counts[lag] = counts.get(lag, 0) + 1
        last[word] = place
    return (lag for lag, times in counts.items() if lag <= _LONGEST_UNIT and 2 * times >= lag)


def _longest_stretch(words: Sequence[str], lag: int) -> tuple[int, int]:
    """Where the longest stretch of words equal to the one `lag` before ends, and its length."""
    equal = bytes(map(eq, words[lag:], words))
    if 1 not in equal:
        return 0, 0
    longest = max(equal.split(b"\0"), key=len)
    return equal.index(longest) + len(longest) + lag, len(longest)


def _times(run: tuple[Sequence[str], int] | None) -> int:
    return run[1] if run else 1


def _told(translation: Reading, unit: Sequence[str], times: int) -> Fault | None:
    sure = times >= _TIMES_FOR_SURE or len(unit) >= _LONG_UNIT
    if not sure and len(unit) == 1 and not _side_by_side(translation.text, unit[0]):
        return None  # "Help - Help file", "reflection (reflection axis)"
    shown = " ".join(unit)[:_SHOWN]
    return Fault(FaultKind.REPETITION, f'"{shown}" comes {times} times in a row', sure)


def _side_by_side(text: str, word: str) -> bool:
    word = re.escape(word)
    return re.search(rf"\b{word}\s+{word}\b", text, re.IGNORECASE) is not None


def _scattered(source: Sequence[str], translation: Reading) -> Fault | None:
    words = translation.words
    if len(words) - len(translation.distinct) < 3 * (_LOOSE_TIMES - 1):
        return None
    unit, times = _commonest(words)
    if times < _LOOSE_TIMES or times <= _commonest(source)[1]:
        return None
    return Fault(FaultKind.REPETITION, f'"{" ".join(unit)[:_SHOWN]}" comes {times} times')


def _commonest(words: Sequence[str]) -> tuple[tuple[str, ...], int]:
    counts: dict[tuple[str, ...], int] = {}
    for unit in zip(words, words[1:], words[2:], strict=False):
        counts[unit] = counts.get(unit, 0) + 1
    return max(counts.items(), key=lambda each: each[1], default=((), 0))


def _letters(source: str, translation: Reading) -> Fault | None:
    """The same inside words: scripts without spaces, and letters that never end."""
    if max(map(len, translation.words), default=0) < _LONG_WORD:
        return None
    for word in translation.words:
        if len(word) >= _LONG_WORD and (match := _CHARACTERS.search(word)):
            if match.group() in source.casefold() or _CHARACTERS.search(source):
                return None
            unit = match.group(1) or match.group(2)
            return Fault(FaultKind.REPETITION, f'"{unit}" comes {len(match.group()) // len(unit)} times in a row')
    return None
