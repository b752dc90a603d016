"""How far a run is, and the learning rate that goes with it; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from model_pool.workshop.distil.step import DistilOptions

_LOWEST = 0.02
"""Of the highest learning rate: where the cosine ends."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Whichever limit is nearer counts: updates or time."""

    options: DistilOptions

    @property
    def total(self) -> float:
        """How much there is to do, for a progress bar: updates, or else seconds."""
        return float(self.options.max_steps) or 60 * self.options.max_minutes

    @property
    def unit(self) -> str:
        """Of the total."""
        return "updates" if self.options.max_steps else "s"

    def done(self, step: int, seconds: float) -> float:
        """Return how much of the total is done."""
        return float(step) if self.options.max_steps else min(seconds, self.total)

    def fraction(self, step: int, seconds: float) -> float:
        """Return how far the run is, 1 at its end."""
        by_steps = step / self.options.max_steps if self.options.max_steps else 0.0
        by_time = seconds / (60 * self.options.max_minutes) if self.options.max_minutes else 0.0
        return min(1.0, max(by_steps, by_time))

    def rate(self, step: int, seconds: float) -> float:
        """Return the learning rate of the next update."""
        highest = self.options.learning_rate * min(1.0, (step + 1) / max(1, self.options.warmup))
        if self.options.schedule == "constant":
            return highest
        return highest * max(_LOWEST, 0.5 * (1 + math.cos(math.pi * self.fraction(step, seconds))))
