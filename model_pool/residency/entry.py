"""The pool's record for one key, its leases and its failure; pure data."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from model_pool.errors import LeaseRevoked
from model_pool.residency.states import State
from model_pool.types import ReplicaKey

R = TypeVar("R")
Waiter = Hashable
"""Whoever asked for a lease; opaque here, a future in the runtime."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an entry is not to be had, and until when (seconds on the effects' clock)."""

    error: Exception
    until: float


@dataclass(frozen=True, slots=True)
class Policy:
    """What the configuration wants of a key.

    keep_alive: idle seconds before the replica is unloaded; None for never.
    pinned: never evicted and never unloaded for being idle.
    demote: keep the weights in host memory when they leave another device for being idle or evicted.
    """

    keep_alive: float | None = None
    pinned: bool = False
    demote: bool = False


@dataclass(slots=True, eq=False)
class Entry(Generic[R]):
    """One key's replica or the lack of one.

    generation: counts loads; whatever carries an older one speaks of a replica that is gone.
    resource: what the load brought, while READY or DRAINING.
    reserved, footprint: bytes, before and after the load has been measured.
    unload_wanted: drain as soon as the load under way has served those who wait for it.
    spared: it leaves for being idle or evicted, so that it may come back soon.
    keep_alive_armed: a timer is running; when it fires it looks whether the replica has been idle long enough.
    """

    key: ReplicaKey
    policy: Policy = Policy()
    state: State = State.COLD
    generation: int = 0
    resource: R | None = None
    leases: set[int] = field(default_factory=set)
    waiters: OrderedDict[Waiter, None] = field(default_factory=OrderedDict)
    failure: Failure | None = None
    reserved: int = 0
    footprint: int = 0
    loads: int = 0
    load_failures: int = 0
    load_seconds: float = 0.0
    loading_since: float = 0.0
    loaded_at: float | None = None
    last_used: float = 0.0
    unload_wanted: bool = False
    spared: bool = False
    keep_alive_armed: bool = False

    @property
    def memory(self) -> int:
        """Bytes that the ledger counts for this entry: the estimate until it is measured."""
        return self.footprint or self.reserved


@dataclass(frozen=True, slots=True, eq=False)
class Lease(Generic[R]):
    """A counted right to use an entry's resource, of one generation only."""

    id: int
    entry: Entry[R]
    generation: int

    @property
    def valid(self) -> bool:
        """False once released, or once the replica that it was granted on is gone."""
        return self.generation == self.entry.generation and self.id in self.entry.leases

    def check(self) -> None:
        """Raise LeaseRevoked unless the lease is valid."""
        if not self.valid:
            raise lease_revoked(self.entry)

    @property
    def resource(self) -> R:
        """What was leased. Raises LeaseRevoked after release or revocation."""
        self.check()
        if self.entry.resource is None:
            raise RuntimeError(f"{self.entry.key} is leased without a resource")
        return self.entry.resource


def lease_revoked(entry: Entry[R]) -> LeaseRevoked:
    """Return the error for work that outlived the drain deadline."""
    return LeaseRevoked(f"{entry.key} was unloaded while in use; ask again.", retry_after=1.0)
