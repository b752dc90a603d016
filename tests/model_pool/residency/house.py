"""A residency over fake effects, with the few sentences that its tests are written in."""

from __future__ import annotations

from model_pool.residency.entry import Entry
from model_pool.residency.residency import Residency
from model_pool.residency.rules import Rules
from model_pool.residency.states import State
from model_pool.types import ReplicaKey
from tests.fakes.effects import FakeEffects, FakeWaiter, key

A, B = key("a"), key("b")
PEAK, FOOTPRINT = 200, 90


class House:
    """A residency over fake effects, with the few sentences that the tests are written in."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.effects = FakeEffects()
        self.residency: Residency[str] = Residency(self.effects, rules or Rules(failure_cooldown=30))

    def ask(self, name: str = "", of: ReplicaKey = A, peak: int = PEAK) -> FakeWaiter:
        waiter = FakeWaiter(name)
        self.residency.acquire(of, waiter, peak_bytes=peak)
        return waiter

    def resident(self, of: ReplicaKey, at: float) -> None:
        """Load a replica and leave it idle since a time."""
        self.effects.clock = at
        waiter = self.ask(of=of)
        self.finish_load()
        self.release(waiter)

    def states(self) -> dict[ReplicaKey, State]:
        return {entry.key: entry.state for entry in self.residency.entries}

    def finish_load(self, resource: str = "replica") -> bool:
        load_key, generation = self.effects.loads[-1]
        return self.residency.on_loaded(load_key, generation, resource, FOOTPRINT)

    def finish_unload(self) -> None:
        unload_key, generation, _ = self.effects.unloads[-1]
        self.residency.on_unloaded(unload_key, generation)

    def release(self, waiter: FakeWaiter) -> None:
        assert waiter.lease is not None
        self.residency.release(waiter.lease)

    def state(self) -> State:
        return self.entry.state

    @property
    def entry(self) -> Entry[str]:
        return next(self.residency.entries)
