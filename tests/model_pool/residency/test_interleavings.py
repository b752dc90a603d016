"""Every interleaving that Hypothesis can think of, under a fake clock: no sleeps, no threads."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from model_pool.errors import LeaseRevoked
from model_pool.residency.entry import Entry, Lease, Policy
from model_pool.residency.residency import Residency
from model_pool.residency.rules import Rules
from model_pool.residency.states import ALLOWED, HOLDS_MEMORY, SETTLED, UNDER_WAY, State
from model_pool.types import ReplicaKey
from tests.fakes.effects import FakeEffects, FakeWaiter, key

KEYS = [key("a"), key("b"), key("c")]
COOLDOWN = 30.0
PEAK, FOOTPRINT, HUGE = 100, 60, 150
BUDGETS = [None, 2 * FOOTPRINT + PEAK - 1, FOOTPRINT + PEAK, PEAK, PEAK - 1]
keys = st.sampled_from(KEYS)


class Interleavings(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.effects = FakeEffects()
        self.residency: Residency[str] = Residency(self.effects, Rules())
        self.budget: int | None = None
        self.waiters: list[tuple[ReplicaKey, FakeWaiter]] = []
        self.batches: list[Lease[str]] = []
        self.loads_seen: set[tuple[ReplicaKey, int]] = set()
        self.loading: set[tuple[ReplicaKey, int]] = set()
        self.unloading: set[tuple[ReplicaKey, int]] = set()
        self.closed = False

    @initialize(budget=st.sampled_from(BUDGETS), minimum_age=st.sampled_from([0.0, 5.0]))
    def set_rules(self, budget: int | None, minimum_age: float) -> None:
        self.budget = budget
        budgets = {} if budget is None else {"cpu": budget}
        rules = Rules(failure_cooldown=COOLDOWN, minimum_age=minimum_age, budgets=budgets)
        self.residency = Residency(self.effects, rules)

    def _collect(self) -> None:
        """Take over what the last event asked for; a load or unload may be asked for once per generation."""
        for load in self.effects.loads:
            assert load not in self.loads_seen
            self.loads_seen.add(load)
            self.loading.add(load)
        for unload_key, generation, _ in self.effects.unloads:
            assert (unload_key, generation) not in self.unloading
            self.unloading.add((unload_key, generation))
        self.effects.loads.clear()
        self.effects.unloads.clear()

    def _entry(self, of: ReplicaKey) -> Entry[str]:
        return next(entry for entry in self.residency.entries if entry.key == of)

    @rule(of=keys)
    def acquire(self, of: ReplicaKey) -> None:
        waiter = FakeWaiter()
        self.residency.acquire(of, waiter, peak_bytes=PEAK)
        self.waiters.append((of, waiter))

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        waiting = [pair for pair in self.waiters if not pair[1].answered]
        if waiting:
            of, waiter = data.draw(st.sampled_from(waiting))
            waiter.alive = False
            if data.draw(st.booleans(), label="the pool hears of it before the grant"):
                self.residency.cancel(of, waiter)
                self.waiters.remove((of, waiter))

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        leases = [waiter.lease for _, waiter in self.waiters if waiter.lease is not None] + self.batches
        if leases:
            self.residency.release(data.draw(st.sampled_from(leases)))

    @rule(data=st.data())
    def start_batch(self, data: st.DataObject) -> None:
        leases = [waiter.lease for _, waiter in self.waiters if waiter.lease is not None]
        if leases:
            lease = data.draw(st.sampled_from(leases))
            try:
                batch = self.residency.retain(lease.entry.key, lease.generation)
            except LeaseRevoked:
                assert not lease.valid
            else:
                assert batch.valid
                self.batches.append(batch)

    @precondition(lambda self: self.loading)
    @rule(data=st.data(), ends=st.sampled_from(["well", "well", "huge", "badly"]))
    def load_ends(self, data: st.DataObject, ends: str) -> None:
        load_key, generation = data.draw(st.sampled_from(sorted(self.loading, key=str)))
        self.loading.discard((load_key, generation))
        if ends != "badly":
            footprint = HUGE if ends == "huge" else FOOTPRINT
            assert self.residency.on_loaded(load_key, generation, f"{load_key}#{generation}", footprint)
        else:
            self.residency.on_load_failed(load_key, generation, OSError("no"))

    @precondition(lambda self: self.unloading)
    @rule(data=st.data())
    def unload_ends(self, data: st.DataObject) -> None:
        unload_key, generation = data.draw(st.sampled_from(sorted(self.unloading, key=str)))
        self.unloading.discard((unload_key, generation))
        self.residency.on_unloaded(unload_key, generation)

    @rule(of=keys)
    def unload(self, of: ReplicaKey) -> None:
        self.residency.unload(of)

    @rule(of=keys, keep_alive=st.sampled_from([None, 0.0, 10.0]), pinned=st.booleans())
    def configure(self, of: ReplicaKey, keep_alive: float | None, *, pinned: bool) -> None:
        self.residency.configure(of, Policy(keep_alive=keep_alive, pinned=pinned))

    @precondition(lambda self: self.effects.keep_alive_timers)
    @rule(data=st.data())
    def keep_alive_timer(self, data: st.DataObject) -> None:
        of, generation, _ = data.draw(st.sampled_from(self.effects.keep_alive_timers))
        self.residency.on_keep_alive(of, generation)

    @precondition(lambda self: self.effects.timers)
    @rule(data=st.data())
    def drain_deadline(self, data: st.DataObject) -> None:
        # Timers fire at any time, also long after their generation has gone, and more than once.
        self.residency.on_drain_deadline(*data.draw(st.sampled_from(self.effects.timers)))

    @rule(of=keys, back=st.integers(0, 2))
    def device_lost(self, of: ReplicaKey, back: int) -> None:
        if any(entry.key == of for entry in self.residency.entries):
            self.residency.on_device_lost(of, self._entry(of).generation - back, OSError("gone"))

    @rule(of=keys, back=st.integers(1, 3))
    def stale_events_change_nothing(self, of: ReplicaKey, back: int) -> None:
        if any(entry.key == of for entry in self.residency.entries):
            entry = self._entry(of)
            before = (entry.state, entry.generation, set(entry.leases), len(entry.waiters), entry.resource)
            stale = entry.generation - back
            assert not self.residency.on_loaded(of, stale, "stale", 1)
            self.residency.on_load_failed(of, stale, OSError("stale"))
            self.residency.on_unloaded(of, stale)
            self.residency.on_drain_deadline(of, stale)
            self.residency.on_keep_alive(of, stale)
            assert before == (entry.state, entry.generation, entry.leases, len(entry.waiters), entry.resource)

    @rule(seconds=st.floats(0, 2 * COOLDOWN))
    def time_passes(self, seconds: float) -> None:
        self.effects.clock += seconds

    @precondition(lambda self: not self.closed)
    @rule(coin=st.integers(0, 30))
    def close(self, coin: int) -> None:
        if not coin:
            self.closed = True
            self.residency.close()

    @invariant()
    def effects_match_states(self) -> None:
        self._collect()
        for entry in self.residency.entries:
            current = (entry.key, entry.generation)
            assert (current in self.loading) == (entry.state is State.LOADING)
            assert (current in self.unloading) == (entry.state is State.UNLOADING)
            assert (entry.resource is not None) == (entry.state in {State.READY, State.DRAINING})

    @invariant()
    def settled_entries_keep_nobody_waiting(self) -> None:
        for entry in self.residency.entries:
            if entry.state in SETTLED:
                assert not entry.waiters

    @invariant()
    def every_waiter_is_queued_or_answered_once(self) -> None:
        for of, waiter in self.waiters:
            queued = waiter in self._entry(of).waiters
            assert queued != waiter.answered or (not waiter.alive and not queued)

    @invariant()
    def leases_are_on_resident_entries_only(self) -> None:
        for entry in self.residency.entries:
            if entry.leases:
                assert entry.state in {State.READY, State.DRAINING}

    @invariant()
    def every_counted_lease_has_a_holder(self) -> None:
        held = {lease.id for lease in [w.lease for _, w in self.waiters if w.lease is not None] + self.batches}
        for entry in self.residency.entries:
            assert entry.leases <= held

    @invariant()
    def valid_leases_hold_the_current_resource(self) -> None:
        for lease in [w.lease for _, w in self.waiters if w.lease is not None] + self.batches:
            if lease.valid:
                assert lease.resource == f"{lease.entry.key}#{lease.generation}"

    @invariant()
    def ledger_counts_what_holds_memory(self) -> None:
        holding = [e for e in self.residency.entries if e.state in HOLDS_MEMORY]
        assert all(e.memory in {PEAK, FOOTPRINT, HUGE} for e in holding)
        assert self.residency.memory_used("cpu") == sum(e.memory for e in holding)
        assert not any(e.memory for e in self.residency.entries if e.state in {State.COLD, State.FAILED})

    @invariant()
    def memory_stays_within_the_budget_unless_a_replica_measured_larger_than_planned(self) -> None:
        occupied = [e for e in self.residency.entries if e.state in HOLDS_MEMORY - {State.RESERVED}]
        if self.budget is not None and not any(e.memory == HUGE for e in occupied):
            assert sum(e.memory for e in occupied) <= self.budget

    @invariant()
    def reservation_waits_only_while_something_is_under_way(self) -> None:
        waiting = [e for e in self.residency.entries if e.state is State.RESERVED]
        if waiting:
            assert any(e.state in UNDER_WAY for e in self.residency.entries)

    @invariant()
    def transitions_follow_the_table(self) -> None:
        for move in self.effects.transitions:
            assert move.new in ALLOWED[move.old]
        self.effects.transitions.clear()

    def teardown(self) -> None:
        """Whatever happened, closing the pool and letting all work end leaves nothing behind."""
        self.residency.close()
        for _ in range(20):
            self._collect()
            for load_key, generation in list(self.loading):
                self.loading.discard((load_key, generation))
                self.residency.on_loaded(load_key, generation, f"{load_key}#{generation}", FOOTPRINT)
            for timer in self.effects.timers:
                self.residency.on_drain_deadline(*timer)
            self._collect()
            for unload_key, generation in list(self.unloading):
                self.unloading.discard((unload_key, generation))
                self.residency.on_unloaded(unload_key, generation)
        for entry in self.residency.entries:
            assert entry.state in {State.COLD, State.FAILED}
            assert not entry.waiters
        assert self.residency.memory_used("cpu") == 0


Interleavings.TestCase.settings = settings(
    max_examples=500, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestInterleavings = Interleavings.TestCase
