"""Which script letters belong to, and which ones a language is written in. Pure."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from functools import lru_cache

# First code point of each block of letters and its script; a block ends where the next begins. "" is none of these.
_BLOCKS: tuple[tuple[int, str], ...] = (
    (0x0000, "Latn"),
    (0x0370, "Grek"),
    (0x0400, "Cyrl"),
    (0x0530, "Armn"),
    (0x0590, "Hebr"),
    (0x0600, "Arab"),
    (0x0700, ""),
    (0x0750, "Arab"),
    (0x0780, ""),
    (0x08A0, "Arab"),
    (0x0900, "Deva"),
    (0x0980, "Beng"),
    (0x0A00, "Guru"),
    (0x0A80, "Gujr"),
    (0x0B00, "Orya"),
    (0x0B80, "Taml"),
    (0x0C00, "Telu"),
    (0x0C80, "Knda"),
    (0x0D00, "Mlym"),
    (0x0D80, "Sinh"),
    (0x0E00, "Thai"),
    (0x0E80, "Laoo"),
    (0x0F00, "Tibt"),
    (0x1000, "Mymr"),
    (0x10A0, "Geor"),
    (0x1100, "Hang"),
    (0x1200, "Ethi"),
    (0x13A0, ""),
    (0x1780, "Khmr"),
    (0x1800, ""),
    (0x1C80, "Cyrl"),
    (0x1C90, "Geor"),
    (0x1CC0, ""),
    (0x1E00, "Latn"),
    (0x1F00, "Grek"),
    (0x2000, ""),
    (0x2C60, "Latn"),
    (0x2C80, ""),
    (0x2D00, "Geor"),
    (0x2D30, ""),
    (0x2DE0, "Cyrl"),
    (0x2E00, ""),
    (0x2E80, "Hani"),
    (0x3040, "Kana"),
    (0x3100, ""),
    (0x3130, "Hang"),
    (0x3190, ""),
    (0x31F0, "Kana"),
    (0x3200, ""),
    (0x3400, "Hani"),
    (0xA000, ""),
    (0xA640, "Cyrl"),
    (0xA6A0, ""),
    (0xA720, "Latn"),
    (0xA800, ""),
    (0xAC00, "Hang"),
    (0xD800, ""),
    (0xF900, "Hani"),
    (0xFB00, "Latn"),
    (0xFB13, ""),
    (0xFB1D, "Hebr"),
    (0xFB50, "Arab"),
    (0xFE00, ""),
    (0xFE70, "Arab"),
    (0xFF00, ""),
    (0xFF21, "Latn"),
    (0xFF5B, ""),
    (0xFF66, "Kana"),
    (0xFFA0, "Hang"),
    (0xFFE0, ""),
    (0x20000, "Hani"),
    (0x33480, ""),
)
_STARTS = [start for start, _ in _BLOCKS]
_LETTERS_OF = {
    "Jpan": frozenset({"Hani", "Kana"}),
    "Kore": frozenset({"Hang", "Hani"}),
    "Hans": frozenset({"Hani"}),
    "Hant": frozenset({"Hani"}),
}
_KNOWN = frozenset(script for _, script in _BLOCKS if script)


def letters_of(script: str | None) -> frozenset[str]:
    """The kinds of letters that a language in this script (ISO 15924) is written with; none where it is not known."""
    if script is None:
        return frozenset()
    return _LETTERS_OF.get(script) or frozenset({script} & _KNOWN)


@lru_cache(maxsize=4096)
def script_of(letter: str) -> str:
    """The script of a letter, or "" for one of a script that is not known here."""
    return _BLOCKS[bisect(_STARTS, ord(letter)) - 1][1]


def count_scripts(text: str) -> dict[str, int]:
    """How many letters of each script are in a text."""
    counts: dict[str, int] = {}
    for character, times in Counter(text).items():
        if character.isalpha():
            script = script_of(character)
            counts[script] = counts.get(script, 0) + times
    return counts
