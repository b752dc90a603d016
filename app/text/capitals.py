"""Texts in capitals: models read them badly, so they are translated in small letters and raised again. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.text.document import Range

# Fewer letters are more likely an abbreviation: NASA, JSON API, HTML5. `python -m benchmarks.checks --capitals`.
_LEAST_LETTERS = 5
_LEAST_WORDS = 3
_WORD = re.compile(r"[^\W\d_]+")


def is_shouted(text: str, skip: Sequence[Range] = ()) -> bool:
    """Is all of this in capitals, and too long for an abbreviation or two?

    skip: ranges that say nothing, such as placeholders.
    """
    rest = _without(text, skip) if skip else text
    if not rest.isupper():
        return False
    words = _WORD.findall(rest)
    return len(words) >= _LEAST_WORDS or any(len(word) >= _LEAST_LETTERS for word in words)


def hushed(text: str, skip: Sequence[Range] = ()) -> str:
    """The text with a capital where it begins and small letters after it, but for what is in `skip`.

    Every character keeps its place.
    """
    first = next((place for place, letter in enumerate(_without(text, skip)) if letter.isalpha()), -1)
    kept = {place for start, end in skip for place in range(start, end)} | {first}
    return "".join(letter if place in kept else _single(letter, letter.lower()) for place, letter in enumerate(text))


def raised(text: str, skip: Sequence[Range] = ()) -> str:
    """The text in capitals, but for what is in `skip`. Every character keeps its place, so "ß" becomes "ẞ"."""
    kept = {place for start, end in skip for place in range(start, end)}
    if not kept and len(capitals := text.upper()) == len(text):
        return capitals
    return "".join(letter if place in kept else _capital(letter) for place, letter in enumerate(text))


def _capital(letter: str) -> str:
    return "ẞ" if letter == "ß" else _single(letter, letter.upper())


def _single(letter: str, other: str) -> str:
    return other if len(other) == 1 else letter


def _without(text: str, skip: Sequence[Range]) -> str:
    """The text with blanks for what is skipped."""
    for start, end in skip:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
