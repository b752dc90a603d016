"""How far a run is, and the learning rate that goes with it; pure."""

from __future__ import annotations

from dataclasses import dataclass

from model_pool.workshop.distil.step import DistilOptions
from model_pool.workshop.pacing import fraction_done, rate_factor

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
        limits = self.options
        return fraction_done(step, seconds, max_steps=limits.max_steps, max_minutes=limits.max_minutes)

    def rate(self, step: int, seconds: float) -> float:
        """Return the learning rate of the next update."""
        options, fraction = self.options, self.fraction(step, seconds)
        return options.learning_rate * rate_factor(
            options.schedule, step=step, fraction=fraction, warmup=options.warmup, lowest=_LOWEST
        )
