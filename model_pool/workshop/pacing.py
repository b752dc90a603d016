"""How far training is, the learning rate that goes with it, and how an average follows: for every trainer; pure."""

from __future__ import annotations

import math
from typing import Literal

Schedule = Literal["cosine", "constant", "inverse_sqrt"]


def fraction_done(step: int, seconds: float, *, max_steps: int, max_minutes: float) -> float:
    """Return how much of a training is done, 1 at its end. A limit of 0 is none; whichever is nearer counts."""
    by_steps = step / max_steps if max_steps else 0.0
    by_time = seconds / (60 * max_minutes) if max_minutes else 0.0
    return min(1.0, max(by_steps, by_time))


def time_limit(update: float, *, max_steps: int, max_minutes: float) -> float | None:
    """Return the seconds that a training takes whose updates take so many; None where nothing limits it."""
    limits = (update * max_steps, 60 * max_minutes)
    return min((limit for limit in limits if limit), default=None)


def rate_factor(schedule: Schedule, *, step: int, fraction: float, warmup: int, lowest: float = 0.01) -> float:
    """Return the learning rate of the next update as a factor of the highest. lowest: where the cosine ends."""
    warm = min(1.0, (step + 1) / warmup) if warmup else 1.0
    if schedule == "constant":
        return warm
    if schedule == "inverse_sqrt":
        return warm * math.sqrt(max(1, warmup) / max(step + 1, warmup, 1))
    return warm * max(lowest, 0.5 * (1 + math.cos(math.pi * fraction)))


def average_decay(decay: float, step: int) -> float:
    """Return how much of a moving average of the weights stays with an update.

    The first updates count more, or the average would remember the untrained weights for long.
    """
    return min(decay, (1 + step) / (10 + step))
