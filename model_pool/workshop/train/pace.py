"""How far training is, between 0 and 1, and the learning rate that goes with it; pure but for a clock."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import monotonic
from typing import Literal

Schedule = Literal["cosine", "constant", "inverse_sqrt"]

_LOWEST = 0.01
"""Of the highest rate: where the cosine ends."""


class Pace:
    """Counts updates and seconds. A limit of 0 is none; whichever is nearer counts.

    spent: seconds of earlier runs. agree: makes all processes use one clock.
    """

    def __init__(
        self,
        *,
        max_steps: int,
        max_minutes: float,
        step: int = 0,
        spent: float = 0.0,
        clock: Callable[[], float] = monotonic,
        agree: Callable[[float], float] = float,
    ) -> None:
        self._max_steps, self._max_seconds = max_steps, max_minutes * 60
        self._clock, self._agree = clock, agree
        self._began = clock() - spent
        self.step, self.seconds = step, spent

    def tick(self, step: int) -> None:
        """So many updates are done."""
        self.step, self.seconds = step, self._agree(self._clock() - self._began)

    @property
    def fraction(self) -> float:
        """How much of the training is done, as of the last tick."""
        by_steps = self.step / self._max_steps if self._max_steps else 0.0
        by_time = self.seconds / self._max_seconds if self._max_seconds else 0.0
        return min(1.0, max(by_steps, by_time))


def rate_factor(schedule: Schedule, *, step: int, fraction: float, warmup: int) -> float:
    """Return the learning rate of the next update as a factor of the highest."""
    warm = min(1.0, (step + 1) / warmup) if warmup else 1.0
    if schedule == "constant":
        return warm
    if schedule == "inverse_sqrt":
        return warm * math.sqrt(max(1, warmup) / max(step + 1, warmup, 1))
    return warm * max(_LOWEST, 0.5 * (1 + math.cos(math.pi * fraction)))


def stage_at(fraction: float, shares: tuple[float, ...]) -> int:
    """Return which stage of a curriculum is trained on. shares: of the training; their sum counts as 1."""
    passed, whole = 0.0, sum(shares)
    for index, share in enumerate(shares):
        passed += share / whole
        if fraction < passed - 1e-9:
            return index
    return len(shares) - 1
