"""English sentences to translate: a deterministic supply of distinct ones, or a file's lines; reads files only."""

from __future__ import annotations

import math
import random
from pathlib import Path

_PHRASES = Path(__file__).with_name("phrases.txt")
_OPTIONAL = "?"
_SEED = 22
MOST = 100_000


def generated(count: int) -> list[str]:
    """Return `count` distinct sentences of about 22 words, the same ones on every machine.

    One phrase out of each block of phrases.txt makes a sentence; blocks whose phrases start with "?" are left out of
    three sentences in five. Raises ValueError for more than `MOST`.
    """
    if not 0 < count <= MOST:
        raise ValueError(f"{count} sentences: from 1 to {MOST} can be made")
    slots = _slots()
    # Numbers whose optional blocks are left out may read alike, so draw more than are needed.
    numbers = random.Random(_SEED).sample(range(math.prod(map(len, slots))), 2 * count)
    return list(dict.fromkeys(_sentence(number, slots) for number in numbers))[:count]


def read(path: Path, count: int) -> list[str]:
    """Return up to `count` distinct lines of a file, in its order. Raises ValueError where it holds none."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    distinct = list(dict.fromkeys(line for line in lines if line))
    if not distinct:
        raise ValueError(f"{path} holds no sentences; write one a line")
    return distinct[:count]


def _slots() -> list[list[str]]:
    blocks = [block.splitlines() for block in _PHRASES.read_text(encoding="utf-8").strip().split("\n\n")]
    return [[phrase.removeprefix(_OPTIONAL) for phrase in block] + [""] * _absences(block) for block in blocks]


def _absences(block: list[str]) -> int:
    """Return how many empty phrases make a block as often absent as `generated` says."""
    return sum(phrase.startswith(_OPTIONAL) for phrase in block) * 3 // 2


def _sentence(number: int, slots: list[list[str]]) -> str:
    parts = []
    for slot in slots:
        number, choice = divmod(number, len(slot))
        parts.append(slot[choice])
    text = " ".join(part for part in parts if part).replace(" ,", ",").rstrip(",")
    return f"{text[0].upper()}{text[1:]}."
