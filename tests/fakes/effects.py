"""Effects that only write down what was asked, under a clock that tests move by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from model_pool.errors import ResidencyError
from model_pool.residency.effects import Transition
from model_pool.residency.entry import Lease, Waiter
from model_pool.types import Digest, ReplicaKey


def key(name: str, device: str = "cpu") -> ReplicaKey:
    return ReplicaKey(Digest(name * 64), "fake", device, "int8")


@dataclass(eq=False)
class FakeWaiter:
    """One caller: alive until cancelled; holds what it was told."""

    name: str = ""
    alive: bool = True
    lease: Lease[str] | None = None
    error: ResidencyError | None = None

    @property
    def answered(self) -> bool:
        return self.lease is not None or self.error is not None


@dataclass
class FakeEffects:
    clock: float = 0.0
    loads: list[tuple[ReplicaKey, int]] = field(default_factory=list)
    unloads: list[tuple[ReplicaKey, int, str]] = field(default_factory=list)
    demotions: list[tuple[ReplicaKey, int, str, list[str]]] = field(default_factory=list)
    promotions: list[tuple[ReplicaKey, int, int, str]] = field(default_factory=list)
    drops: list[tuple[ReplicaKey, int, str]] = field(default_factory=list)
    timers: list[tuple[ReplicaKey, int]] = field(default_factory=list)
    keep_alive_timers: list[tuple[ReplicaKey, int, float]] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)

    def now(self) -> float:
        return self.clock

    def start_load(self, key: ReplicaKey, generation: int) -> None:
        self.loads.append((key, generation))

    def start_unload(self, key: ReplicaKey, generation: int, resource: str) -> None:
        self.unloads.append((key, generation, resource))

    def start_demote(self, key: ReplicaKey, generation: int, resource: str, replaced: Sequence[str]) -> None:
        self.demotions.append((key, generation, resource, list(replaced)))

    def start_promote(self, key: ReplicaKey, generation: int, copied: int, resource: str) -> None:
        self.promotions.append((key, generation, copied, resource))

    def start_drop(self, key: ReplicaKey, generation: int, resource: str) -> None:
        self.drops.append((key, generation, resource))

    def start_drain_timer(self, key: ReplicaKey, generation: int) -> None:
        self.timers.append((key, generation))

    def start_keep_alive_timer(self, key: ReplicaKey, generation: int, seconds: float) -> None:
        self.keep_alive_timers.append((key, generation, seconds))

    def grant(self, waiter: Waiter, lease: Lease[str]) -> bool:
        assert isinstance(waiter, FakeWaiter)
        assert not waiter.answered, "answered twice"
        if not waiter.alive:
            return False
        waiter.lease = lease
        return True

    def reject(self, waiter: Waiter, error: ResidencyError) -> None:
        assert isinstance(waiter, FakeWaiter)
        assert not waiter.answered, "answered twice"
        waiter.error = error

    def emit(self, transition: Transition) -> None:
        self.transitions.append(transition)
