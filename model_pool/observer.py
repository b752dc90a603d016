"""What the pool tells telemetry: an observer with a method per kind of event, all of them no-ops; touches nothing."""

from __future__ import annotations

from model_pool.batching.batcher import BatchDone
from model_pool.replica import ReplicaSpec
from model_pool.residency.effects import Transition
from model_pool.types import ReplicaKey


class Observer:
    """Base class for subscribers. Called on the event loop; must return at once and not call the pool."""

    def on_transition(self, transition: Transition) -> None:
        """An entry moved."""

    def on_load(self, spec: ReplicaSpec, *, seconds: float, footprint: int) -> None:
        """A load has completed; `footprint` in bytes, as measured."""

    def on_load_failed(self, spec: ReplicaSpec, *, seconds: float, error: Exception) -> None:
        """A load has failed."""

    def on_unload(self, spec: ReplicaSpec, *, before: int, after: int) -> None:
        """An unload has completed; the device's bytes in use before and after."""

    def on_batch(self, key: ReplicaKey, done: BatchDone) -> None:
        """A batch has left the engine."""
