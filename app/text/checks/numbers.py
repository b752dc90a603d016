"""Are the numbers of the source in its translation, and no others? Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from app.text.checks.faults import Fault, FaultKind
from app.text.checks.readings import Reading

_DIGIT = re.compile(r"\d")
# Digits with what groups and parts them in some locale, and with what joins dates, times and versions.
_NUMBER = re.compile(r"\d+(?:[.,'’٫٬/:\-\u00a0\u202f]\d+)*")  # noqa: RUF001
# One that words could stand for: no date, no decimal.
_WHOLE = re.compile(r"\d+|\d{1,3}(?:[.,'’٬\u00a0\u202f]\d{3})+")  # noqa: RUF001
_PART = re.compile(r"\d+")
_NO_CENTS = re.compile(r"[.,٫]0{1,2}$")  # noqa: RUF001
_JOINS = re.compile(r"[/:\-]")
_ROMAN = re.compile(r"\b[IVXLC]+\b")
_SPELLED = 12  # numbers up to this are often written in words by one side and not by the other
_LONGEST = 9  # digits of a number that words could stand for
_HOURS = 12
_MOST = 20  # looked at one by one
_SHOWN = 5


def numbers(source: Reading, translation: Reading) -> tuple[Fault, ...]:
    """Compare numbers by value, whatever their digits and separators: "1,299.50" and "1.299,50" are one.

    Not faults: 12 and less, or round numbers, that one side may have in words; "5 pm" as "17h"; "19th" as "XIX".
    """
    before, after = source.text, translation.text
    if not _DIGIT.search(before) and not _DIGIT.search(after):
        return ()
    if (first := _groups(before)) == (second := _groups(after)) or _digits(before) == _digits(after):
        return ()
    missing, invented = sorted((first - second).keys()), sorted((second - first).keys())
    missing = [value for value in missing if value not in second][:_MOST]
    invented = [value for value in invented if value not in first][:_MOST]
    _pair_off(missing, invented)
    # A number that went and another that came are a change, not one in figures and one in words.
    changed = bool(missing and invented)
    lost = [value for value in missing if not _may_be_words(value, before, after, changed=changed)]
    made_up = [value for value in invented if not _may_be_words(value, after, before, changed=changed)]
    return tuple(_told(lost, made_up))


def _groups(text: str) -> Counter[str]:
    """The numbers of a text as plain digits; parts of dates, times and versions are numbers of their own."""
    return Counter(_value(part) for number in _NUMBER.findall(text) for part in _JOINS.split(number))


def _value(number: str) -> str:
    digits = "".join(_PART.findall(_NO_CENTS.sub("", number)))
    if not digits.isascii():
        digits = "".join(str(int(digit)) for digit in digits)
    return digits.lstrip("0") or "0"


def _digits(text: str) -> list[str]:
    """All digits in order of value: equal where only the grouping differs, as in "1 299" or a date turned round."""
    return sorted(str(int(digit)) for part in _PART.findall(text) for digit in part)


def _pair_off(missing: list[str], invented: list[str]) -> None:
    """Take "5" (pm) and "17" (h), and "1990" (s) and "90", off both lists."""
    for value in tuple(missing):
        for other in _other_ways(value):
            if other in invented:
                missing.remove(value)
                invented.remove(other)
                break


def _other_ways(value: str) -> Iterator[str]:
    if len(value) <= 2:
        hour = int(value)
        yield from (str(other) for other in (hour + _HOURS, hour - _HOURS) if max(hour, other) <= 2 * _HOURS)
    if len(value) == 4 and value.endswith("0"):
        yield value[2:]


def _may_be_words(value: str, here: str, there: str, *, changed: bool) -> bool:
    """May a number that is here be in words or Roman figures there? Not where it is part of a date or a decimal."""
    if len(value) > _LONGEST:
        return False
    number = int(value)
    if number == 0:
        return True  # 19h is 19:00
    if number < 400 and any(_of_roman(figure) == number for figure in _ROMAN.findall(there)):
        return True
    if changed or (number > _SPELLED and len(value.rstrip("0")) > 1) or (number > _SPELLED and number % 10):
        return False
    return any(_WHOLE.fullmatch(found) and _value(found) == value for found in _NUMBER.findall(here))


def _of_roman(figure: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}[letter] for letter in figure]
    following = [*values[1:], 0]
    return sum(-value if value < after else value for value, after in zip(values, following, strict=True))


def _told(lost: Iterable[str], made_up: Iterable[str]) -> Iterator[Fault]:
    for kind, values in ((FaultKind.NUMBER_MISSING, lost), (FaultKind.NUMBER_INVENTED, made_up)):
        if shown := list(values)[:_SHOWN]:
            where = "missing from" if kind is FaultKind.NUMBER_MISSING else "only in"
            yield Fault(kind, f"{', '.join(shown)} {'is' if len(shown) == 1 else 'are'} {where} the translation")
