"""What the residency asks of the world; the runtime does it, tests fake it."""

from __future__ import annotations

from collections.abc import Sequence
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

    def start_demote(self, key: ReplicaKey, generation: int, resource: R, replaced: Sequence[R]) -> None:
        """Free `replaced` in host memory, then move the resource's weights there; ends in `on_unloaded`.

        Where that fails the resource is freed as by `start_unload`. `on_unloaded` is told which of the two it was.
        """
        ...

    def start_promote(self, key: ReplicaKey, generation: int, copied: int, resource: R) -> None:
        """Begin the load `generation` out of a demoted copy of an older one, or from disk where that fails.

        The copy is gone either way: ends in `on_dropped` with `copied`, and then as `start_load`.
        """
        ...

    def start_drop(self, key: ReplicaKey, generation: int, resource: R) -> None:
        """Begin to free a demoted copy; ends in `on_dropped` with its generation."""
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
