"""What makes a pair fit to learn from, and why not; pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from model_pool.workshop.data.pairs import Pair

_SLACK = 10
"""Characters added to both sides before their lengths are compared: short pairs differ more."""

_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ufeff]+")


class Dropped(StrEnum):
    """Why a pair is not used."""

    EMPTY = "empty"
    LONG = "too long"
    RATIO = "lengths too different"
    COPY = "target repeats the source"
    SCRIPT = "wrong script"
    DUPLICATE = "duplicate"
    HELD_OUT = "held out"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a pair must keep. longest: characters of a side. ratio: of the longer side to the shorter.

    copies: whether a target may repeat its source. scripts: by the first word of Unicode's character names in lower
    case ("latin", "cyrillic", "cjk"), several joined by +; empty for any. mono: there are no targets.
    """

    longest: int = 600
    ratio: float = 3.0
    copies: bool = False
    source_script: str = ""
    target_script: str = ""
    mono: bool = False


def cleaned(pair: Pair) -> Pair:
    """Return the pair in Unicode's NFC, each run of white space and control characters one space, none at the ends."""
    return Pair(_tidy(pair.source), _tidy(pair.target), pair.origin)


def fault(pair: Pair, limits: Limits) -> Dropped | None:
    """Return why a cleaned pair should not be used; None where it should."""
    sides = (pair.source,) if limits.mono else (pair.source, pair.target)
    if not all(sides):
        return Dropped.EMPTY
    lengths = [len(side) + _SLACK for side in sides]
    if max(lengths) > limits.longest + _SLACK:
        return Dropped.LONG
    if max(lengths) / min(lengths) > limits.ratio:
        return Dropped.RATIO
    if pair.source == pair.target and not limits.copies:
        return Dropped.COPY
    if not written_in(pair.source, limits.source_script) or not written_in(pair.target, limits.target_script):
        return Dropped.SCRIPT
    return None


def written_in(text: str, script: str) -> bool:
    """Say whether at least half of the letters belong to the script; a text without letters suits every one."""
    wanted = script.lower().split("+")
    letters = [sign for sign in text if sign.isalpha()]
    if not script or not letters:
        return True
    return 2 * sum(_script(sign) in wanted for sign in letters) >= len(letters)


def _tidy(text: str) -> str:
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip()


@lru_cache(maxsize=20_000)
def _script(sign: str) -> str:
    return unicodedata.name(sign, "").partition(" ")[0].lower()
