"""What the residency decides by; frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rules:
    """Seconds and bytes.

    failure_cooldown: how long a failed load is not tried again.
    minimum_age: how long a replica is safe from eviction after its load, against thrash.
    budgets: bytes per device; a device that is not named has no limit.
    shelf: bytes of host memory that demoted copies may take at most, out of the host's budget.
    """

    failure_cooldown: float = 30.0
    minimum_age: float = 0.0
    budgets: Mapping[str, int] = field(default_factory=dict)
    shelf: int = 0
