"""Segments that models stumble over, made out of ordinary sentences; pure."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

_SEED = 11
_NAMES = ["Ana", "Rui", "J. R. Smith", "O'Neill", "São Tomé", "Rio Tinto", "apples", "pears", "salad", "bread", "milk"]
_NUMBERED = (
    "Invoice {}-{} of {}/{}/{}: total {}.{}",
    "Call +{} {} {}-{}, ext. {}, {}",
    "Version {}.{}.{} build {} ({}), {}",
    "{} x {} x {} mm, {} kg, {} pcs, ref. {}",
    "{}-{}-{} {}:{}:{}",
)


def make(sentences: Sequence[str], foreign: Sequence[str], each: int) -> dict[str, list[str]]:
    """Return up to `each` segments of every sort. foreign: sentences in the other language."""
    chance = random.Random(_SEED)
    words = [sentence.split()[0].strip('.,"').lower() for sentence in sentences]
    sorts: dict[str, Callable[[int], str]] = {
        "as they are": lambda at: sentences[at],
        "in capitals": lambda at: sentences[at].upper(),
        "in title case": lambda at: sentences[at].title(),
        "without capitals": lambda at: sentences[at].lower().rstrip("."),
        "two as one": lambda at: f"{sentences[at]} {sentences[at - 1]}",
        "half in the other language": lambda at: f"{sentences[at]} {foreign[at - 1]}",
        "decoded wrongly": lambda at: sentences[at].encode().decode("latin-1"),
        "one word again and again": lambda at: " ".join([words[at]] * chance.randint(2, 7)),
        "many numbers": lambda _: _numbered(chance),
        "lists of names": lambda _: chance.choice([", ", " / ", "; "]).join(
            chance.choices(_NAMES, k=chance.randint(4, 14))
        ),
    }
    count = min(each, len(sentences))
    return {name: [sort(at) for at in range(count)] for name, sort in sorts.items()}


def _numbered(chance: random.Random) -> str:
    return chance.choice(_NUMBERED).format(*(chance.randint(1, 10 ** chance.randint(1, 5)) for _ in range(7)))
