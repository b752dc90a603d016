"""The state machine that decides who is resident: pure, synchronous, one owner; calls `Effects` only.

Events come in (`acquire`, `cancel`, `release`, `unload`, `close`, `on_*`), decisions go out through `Effects`.
No method awaits, logs or reads a clock of its own, and none raises for what a client did: a waiter is always
granted or rejected. Design learnt from llama-swap's scheduler (see docs/architecture.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Generic, TypeVar

from model_pool.errors import LoadFailed, PoolClosed, ResidencyError
from model_pool.residency.effects import Effects, Transition
from model_pool.residency.entry import Entry, Failure, Lease, Policy, Waiter, lease_revoked
from model_pool.residency.room import Turn, memory, plan_room, turn_of
from model_pool.residency.rules import Rules
from model_pool.residency.shelf import HOST, Shelf
from model_pool.residency.states import ALLOWED, State
from model_pool.types import ReplicaKey

R = TypeVar("R")


class Residency(Generic[R]):
    """Owner of every entry."""

    def __init__(self, effects: Effects[R], rules: Rules) -> None:
        self._effects = effects
        self._rules = rules
        self._entries: dict[ReplicaKey, Entry[R]] = {}
        self._queue: list[Entry[R]] = []  # reserved, waiting for room, oldest first
        self.shelf: Shelf[R] = Shelf(
            effects,
            limit=rules.shelf,
            budget=rules.budgets.get(HOST),
            live=lambda states: memory(self._entries.values(), HOST, states),
        )
        self._lease_ids = count(1)
        self._closed = False

    # ---- what callers ask -------------------------------------------------------------------------------

    def acquire(self, key: ReplicaKey, waiter: Waiter, *, peak_bytes: int) -> None:
        """Grant or reject `waiter` now or later, exactly once unless it is cancelled.

        1. The pool is closed: reject.
        2. READY: grant.
        3. FAILED and cooling down: reject with the reason and the seconds left.
        4. COLD, or FAILED with its cooldown over: queue, reserve `peak_bytes`, evicting if need be, and load as soon
           as the room is there; reject as saturated where the room cannot be made.
        5. RESERVED, LOADING: queue for the load that is under way.
        6. DRAINING, UNLOADING: queue behind it; whoever waits when it is done starts the next load.
        """
        entry = self._entry(key)
        if self._closed:
            self._effects.reject(waiter, _pool_closed())
        elif entry.state is State.READY:
            self._grant(entry, waiter)
        elif entry.failure is not None and entry.state is State.FAILED and self._cooling(entry.failure):
            self._effects.reject(waiter, self._load_failed(entry.failure))
        else:
            entry.waiters[waiter] = None
            if entry.state in {State.COLD, State.FAILED}:
                self._start_load(entry, peak_bytes)

    def cancel(self, key: ReplicaKey, waiter: Waiter) -> None:
        """Forget a waiter. The load it may have started belongs to the pool and goes on."""
        if entry := self._entries.get(key):
            entry.waiters.pop(waiter, None)

    def retain(self, key: ReplicaKey, generation: int) -> Lease[R]:
        """Return a lease for a batch of those who already hold one, so that it outlives the request that queued it.

        Allowed while DRAINING: the drain waits for work that was granted before. Raises LeaseRevoked.
        """
        entry = self._entries[key]
        if entry.generation != generation or entry.resource is None:
            raise lease_revoked(entry)
        return self._new_lease(entry)

    def release(self, lease: Lease[R]) -> None:
        """Give a lease back. Idempotent; a lease of an older generation changes nothing."""
        entry = lease.entry
        if not lease.valid:
            return
        entry.leases.discard(lease.id)
        entry.last_used = self._effects.now()
        self._unload_if_drained(entry)
        self._watch_idleness(entry)

    def configure(self, key: ReplicaKey, policy: Policy) -> None:
        """Set what the configuration wants of a key, from now on."""
        entry = self._entry(key)
        entry.policy = policy
        if not policy.demote:
            self.shelf.drop(key)
        self._watch_idleness(entry)

    def unload(self, key: ReplicaKey) -> None:
        """Drain and free a replica, if there is one; during a load, once that has served its waiters.

        A demoted copy of it goes too.
        """
        self.shelf.drop(key)
        entry = self._entries.get(key)
        if entry is None:
            return
        if entry.state is State.READY:
            self._drain(entry, "unload")
        elif entry.state in {State.RESERVED, State.LOADING}:
            entry.unload_wanted = True
        entry.spared = False

    def close(self) -> None:
        """Reject every waiter, now and from now on, and unload everything."""
        self._closed = True
        for entry in self._entries.values():
            self._reject_all(entry, _pool_closed)
            if entry.state is State.RESERVED:
                self._give_up_reservation(entry)
            self.unload(entry.key)
        self.shelf.drop()

    # ---- what the world reports -------------------------------------------------------------------------

    def on_loaded(self, key: ReplicaKey, generation: int, resource: R, footprint: int) -> bool:
        """Take a loaded resource of `footprint` bytes; False where nobody waits for this generation (free it)."""
        entry = self._current(key, generation, State.LOADING)
        if entry is None:
            return False
        now = self._effects.now()
        entry.resource, entry.footprint, entry.loads = resource, footprint, entry.loads + 1
        entry.load_seconds, entry.loaded_at, entry.last_used = now - entry.loading_since, now, now
        self._move(entry, State.READY)
        while entry.waiters:
            self._grant(entry, entry.waiters.popitem(last=False)[0])
        if entry.unload_wanted:
            self._drain(entry, "unload")
        self._watch_idleness(entry)
        self._settle_device(key.device)
        return True

    def on_load_failed(self, key: ReplicaKey, generation: int, error: Exception) -> None:
        """Leave the entry FAILED for the cooldown and tell every waiter why."""
        entry = self._current(key, generation, State.LOADING)
        if entry is not None:
            entry.load_failures += 1
            self._fail(entry, error)
            self._settle_device(key.device)

    def on_device_lost(self, key: ReplicaKey, generation: int, error: Exception) -> None:
        """Take a replica whose device is gone out of use: it drains, then is FAILED and not COLD."""
        entry = self._entries.get(key)
        if entry is None or entry.generation != generation or entry.state not in {State.READY, State.DRAINING}:
            return
        entry.failure = Failure(error, self._effects.now() + self._rules.failure_cooldown)
        if entry.state is State.READY:
            self._drain(entry, str(error))

    def on_drain_deadline(self, key: ReplicaKey, generation: int) -> None:
        """Revoke what leases are left; the unload itself still waits for calls into the engine to return."""
        entry = self._current(key, generation, State.DRAINING)
        if entry is not None:
            entry.leases.clear()
            self._unload_if_drained(entry)

    def on_keep_alive(self, key: ReplicaKey, generation: int) -> None:
        """Unload what has been idle for its keep-alive; look again later at what was used meanwhile."""
        entry = self._current(key, generation, State.READY)
        if entry is not None:
            entry.keep_alive_armed = False
            self._watch_idleness(entry)

    def on_unloaded(self, key: ReplicaKey, generation: int, *, demoted: bool = False) -> None:
        """Return the memory; then load again for those who queued behind the drain, or tell them of the failure.

        demoted: the weights are in host memory now.
        """
        self.shelf.on_unloaded(key, generation, demoted=demoted)
        entry = self._current(key, generation, State.UNLOADING)
        if entry is None:
            return
        peak = entry.reserved
        entry.reserved = entry.footprint = 0
        if entry.failure is not None:
            self._fail(entry, entry.failure.error)
        else:
            self._move(entry, State.COLD)
            if entry.waiters:
                self._start_load(entry, peak)
        self._settle_device(key.device)
        if key.device != HOST:
            self._settle_device(HOST)

    def on_dropped(self, key: ReplicaKey, generation: int) -> None:
        """Return the host memory of a demoted copy, dropped or promoted."""
        self.shelf.on_dropped(key, generation)
        self._settle_device(HOST)

    # ---- what telemetry reads ---------------------------------------------------------------------------

    @property
    def entries(self) -> Iterator[Entry[R]]:
        """Every entry that was ever asked for, in that order. Read only."""
        return iter(self._entries.values())

    def memory_used(self, device: str) -> int:
        """Bytes on `device` that loading, resident and unloading entries take; on the host also demoted copies."""
        return memory(self._entries.values(), device) + self.shelf.memory(device)

    # ---- loads ------------------------------------------------------------------------------------------

    def _start_load(self, entry: Entry[R], peak_bytes: int) -> None:
        """Reserve room, evicting if need be, and load when it is there; reject the waiters where it cannot be made."""
        plan = plan_room(self._entries.values(), entry.key, peak_bytes, rules=self._rules, now=self._effects.now())
        if plan.refusal is not None:
            self._reject_all(entry, plan.refusal)
            return
        for victim in plan.victims:
            self._drain(victim, f"evicted for {entry.key}", spared=True)
        entry.failure, entry.unload_wanted, entry.keep_alive_armed = None, False, False
        entry.reserved = peak_bytes
        entry.generation += 1
        self._move(entry, State.RESERVED)
        self._queue.append(entry)
        self._settle_device(entry.key.device)

    def _settle_device(self, device: str) -> None:
        """Start reserved loads, oldest first, as far as memory that is really free goes."""
        if device == HOST:
            self.shelf.relieve()
        for entry in [one for one in self._queue if one.key.device == device]:
            shelved, coming = self.shelf.memory(device), self.shelf.under_way(device)
            turn = turn_of(entry, self._entries.values(), rules=self._rules, shelved=shelved, coming=coming)
            if turn is Turn.LATER:
                return
            if turn is Turn.REPLAN:
                # A replica measured larger than was planned for it: plan again, or this one waits for ever.
                self._start_load(entry, self._give_up_reservation(entry))
                return
            self._queue.remove(entry)
            self._load(entry)

    def _load(self, entry: Entry[R]) -> None:
        entry.loading_since = self._effects.now()
        self._move(entry, State.LOADING)
        if not self.shelf.promote(entry.key, entry.generation):
            self._effects.start_load(entry.key, entry.generation)

    def _give_up_reservation(self, entry: Entry[R]) -> int:
        """Return the bytes that were reserved."""
        peak, entry.reserved = entry.reserved, 0
        self._queue.remove(entry)
        self._move(entry, State.COLD)
        return peak

    # ---- decisions --------------------------------------------------------------------------------------

    def _watch_idleness(self, entry: Entry[R]) -> None:
        """Unload an idle replica whose keep-alive is over, or have a single timer look at it when it may be."""
        policy = entry.policy
        if entry.state is not State.READY or entry.leases or policy.pinned or policy.keep_alive is None:
            return
        left = entry.last_used + policy.keep_alive - self._effects.now()
        if left <= 0:
            self._drain(entry, "idle", spared=True)
        elif not entry.keep_alive_armed:
            entry.keep_alive_armed = True
            self._effects.start_keep_alive_timer(entry.key, entry.generation, left)

    def _drain(self, entry: Entry[R], reason: str, *, spared: bool = False) -> None:
        entry.spared = spared
        self._move(entry, State.DRAINING, reason)
        if entry.leases:
            self._effects.start_drain_timer(entry.key, entry.generation)
        self._unload_if_drained(entry)

    def _unload_if_drained(self, entry: Entry[R]) -> None:
        if entry.state is State.DRAINING and not entry.leases:
            resource, entry.resource = entry.resource, None
            self._move(entry, State.UNLOADING)
            if resource is None:
                raise RuntimeError(f"{entry.key} was resident without a resource")
            if not self._demote(entry, resource):
                self._effects.start_unload(entry.key, entry.generation, resource)

    def _demote(self, entry: Entry[R], resource: R) -> bool:
        """Begin to move a replica to the host's shelf, if that is wanted and the room is there."""
        wanted = entry.policy.demote and entry.spared and entry.failure is None and not self._closed
        # What it takes on its device is the most that it will take in host memory.
        return wanted and self.shelf.demote(entry.key, entry.generation, resource, entry.memory)

    def _fail(self, entry: Entry[R], error: Exception) -> None:
        failure = entry.failure = Failure(error, self._effects.now() + self._rules.failure_cooldown)
        entry.reserved = entry.footprint = 0
        entry.loaded_at = None
        self._move(entry, State.FAILED, str(error))
        self._reject_all(entry, lambda: self._load_failed(failure))

    def _grant(self, entry: Entry[R], waiter: Waiter) -> None:
        lease = self._new_lease(entry)
        if not self._effects.grant(waiter, lease):
            entry.leases.discard(lease.id)

    def _new_lease(self, entry: Entry[R]) -> Lease[R]:
        lease = Lease(next(self._lease_ids), entry, entry.generation)
        entry.leases.add(lease.id)
        entry.last_used = self._effects.now()
        return lease

    def _reject_all(self, entry: Entry[R], error: Callable[[], ResidencyError]) -> None:
        """Reject with a fresh error each: one raised in several tasks would pile up tracebacks."""
        while entry.waiters:
            self._effects.reject(entry.waiters.popitem(last=False)[0], error())

    def _move(self, entry: Entry[R], new: State, reason: str = "") -> None:
        old = entry.state
        if new not in ALLOWED[old]:
            raise RuntimeError(f"{entry.key}: {old} -> {new} is not a transition")
        entry.state = new
        if new is State.COLD:
            entry.loaded_at = None
        self._effects.emit(Transition(entry.key, entry.generation, old, new, reason))

    def _entry(self, key: ReplicaKey) -> Entry[R]:
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(key)
        return entry

    def _current(self, key: ReplicaKey, generation: int, state: State) -> Entry[R] | None:
        entry = self._entries.get(key)
        current = entry is not None and entry.generation == generation and entry.state is state
        return entry if current else None

    def _cooling(self, failure: Failure) -> bool:
        return self._effects.now() < failure.until

    def _load_failed(self, failure: Failure) -> LoadFailed:
        error = LoadFailed(str(failure.error), retry_after=max(0.0, failure.until - self._effects.now()))
        error.__cause__ = failure.error
        return error


def _pool_closed() -> PoolClosed:
    return PoolClosed("The server is shutting down; ask another one.")
