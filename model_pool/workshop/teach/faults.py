"""What makes a translation no example to follow; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from model_pool.workshop.data.batches import Example

_UNITS = range(1, 5)
_SHORT = 5
"""Pieces by which lengths may always differ: ratios of short texts say little."""


@dataclass(frozen=True, slots=True)
class Limits:
    """See TeachOptions."""

    ratio: float
    repeats: int


def fault_of(pair: Example, end: int, limits: Limits) -> str:
    """Return why a translation is left out, or nothing. Both sides are ids, with eos."""
    if not pair.target or pair.target[-1] != end:
        return "unfinished"
    if len(pair.target) == 1:
        return "empty"
    shorter, longer = sorted((len(pair.source), len(pair.target)))
    if longer > limits.ratio * shorter + _SHORT:
        return "length"
    if most_repeats(pair.target) > max(limits.repeats, most_repeats(pair.source)):
        return "repeats"
    return ""


def most_repeats(ids: Sequence[int]) -> int:
    """Return how often in a row the same one to four pieces stand, at most."""
    return max((_repeats(ids, unit) for unit in _UNITS), default=0)


def _repeats(ids: Sequence[int], unit: int) -> int:
    """Return the longest run of a unit: equal pieces at a distance of `unit` tell it."""
    run = longest = 0
    for first, second in zip(ids, ids[unit:], strict=False):
        run = run + 1 if first == second else 0
        longest = max(longest, run)
    return longest // unit + 1
