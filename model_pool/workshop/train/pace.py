"""How far training is, between 0 and 1, and the stage of its curriculum; pure but for a clock."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from model_pool.workshop.pacing import fraction_done


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
        self._max_steps, self._max_minutes = max_steps, max_minutes
        self._clock, self._agree = clock, agree
        self._began = clock() - spent
        self.step, self.seconds = step, spent

    def tick(self, step: int) -> None:
        """So many updates are done."""
        self.step, self.seconds = step, self._agree(self._clock() - self._began)

    @property
    def fraction(self) -> float:
        """How much of the training is done, as of the last tick."""
        return fraction_done(self.step, self.seconds, max_steps=self._max_steps, max_minutes=self._max_minutes)


def stage_at(fraction: float, shares: tuple[float, ...]) -> int:
    """Return which stage of a curriculum is trained on. shares: of the training; their sum counts as 1."""
    passed, whole = 0.0, sum(shares)
    for index, share in enumerate(shares):
        passed += share / whole
        if fraction < passed - 1e-9:
            return index
    return len(shares) - 1
