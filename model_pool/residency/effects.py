"""What the residency asks of the world; the runtime does it, tests fake it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from model_pool.errors import ResidencyError
from model_pool.residency.entry import Lease, Waiter
from model_pool.residency.states import State
from model_pool.types import ReplicaKey

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Transition:
    """One entry's move, for telemetry."""

    key: ReplicaKey
    generation: int
    old: State
    new: State
    reason: str = ""


class Effects(Protocol[R]):
    """Slow or impure work. Every call returns at once; completions come back as residency events."""

    def now(self) -> float:
        """Seconds on a monotonic clock."""
        ...

    def start_load(self, key: ReplicaKey, generation: int) -> None:
        """Begin a load that ends in `on_loaded` or `on_load_failed` with the same generation."""
        ...

    def start_unload(self, key: ReplicaKey, generation: int, resource: R) -> None:
        """Begin to free a resource: calls into it are awaited, never cut off; ends in `on_unloaded`."""
        ...

    def start_drain_timer(self, key: ReplicaKey, generation: int) -> None:
        """Call `on_drain_deadline` with this generation after the drain deadline."""
        ...

    def start_keep_alive_timer(self, key: ReplicaKey, generation: int, seconds: float) -> None:
        """Call `on_keep_alive` with this generation after `seconds`."""
        ...

    def grant(self, waiter: Waiter, lease: Lease[R]) -> bool:
        """Hand a lease to a waiter; False where it has gone meanwhile and the lease was not taken."""
        ...

    def reject(self, waiter: Waiter, error: ResidencyError) -> None:
        """Tell a waiter that it gets no lease."""
        ...

    def emit(self, transition: Transition) -> None:
        """Publish a transition. Must not call back into the residency."""
        ...
