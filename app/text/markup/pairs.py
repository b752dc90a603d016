"""Which tag closes which, and which tags cannot be moved and therefore part blocks; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from app.text.markup.items import Item, Kind

DEEPEST = 48
"""Tags inside tags that a block may have; what is nested deeper parts blocks instead."""


def partners(items: Sequence[Item]) -> list[int]:
    """Return for each item the index of the tag that it makes a pair with, or -1.

    A pair is whole inside one block: around it and in it, tags are nested, and nothing in it parts blocks. A tag that
    is unclosed, closed twice, or crosses another has no partner. It then stays where it is, between two blocks, for
    moved it could change what other tags mean.
    """
    partner = _matched(items)
    barrier = [
        item.kind is Kind.SPLIT or (item.is_tag and other < 0) for item, other in zip(items, partner, strict=True)
    ]
    before = list(accumulate(barrier, initial=0))
    for index, other in enumerate(partner):
        if other > index and before[other] > before[index]:
            partner[index] = partner[other] = -1
    return partner


def _matched(items: Sequence[Item]) -> list[int]:
    partner = [-1] * len(items)
    waiting: list[int] = []
    names: Counter[str] = Counter()
    for index, item in enumerate(items):
        if item.kind is Kind.SPLIT:
            waiting.clear()
            names.clear()
        elif item.kind is Kind.OPEN:
            waiting.append(index)
            names[item.name] += 1
        elif item.kind is Kind.CLOSE and names[item.name]:
            opener = _popped(items, waiting, names, item.name)
            if len(waiting) < DEEPEST:
                partner[opener], partner[index] = index, opener
    return partner


def _popped(items: Sequence[Item], waiting: list[int], names: Counter[str], name: str) -> int:
    while True:
        opener = waiting.pop()
        names[items[opener].name] -= 1
        if items[opener].name == name:
            return opener
