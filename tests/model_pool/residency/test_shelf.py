"""Replicas on a GPU that leave their weights in host memory, and the host's ledger over every interleaving."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from model_pool.residency.entry import Policy
from model_pool.residency.rules import Rules
from model_pool.residency.shelf import CopyState
from model_pool.residency.states import HOLDS_MEMORY, State
from model_pool.types import ReplicaKey
from tests.fakes.effects import FakeWaiter, key
from tests.model_pool.residency.house import FOOTPRINT, PEAK, House

G, H, J = (key(name, "cuda") for name in "ghj")
ON_HOST = key("a")
KEEP = Policy(keep_alive=0.0, demote=True)


def gpu_house(
    *, shelf: int = 1000, host: int = 1000, card: int = 1000, keys: tuple[ReplicaKey, ...] = (G, H, J)
) -> House:
    house = House(Rules(failure_cooldown=30, budgets={"cpu": host, "cuda": card}, shelf=shelf))
    for one in keys:
        house.residency.configure(one, KEEP)
    return house


def demote(house: House, of: ReplicaKey) -> None:
    """Load a replica, let it go idle, and end its demotion well."""
    house.resident(of, at=0)
    demoted, generation, _, _ = house.effects.demotions[-1]
    assert demoted == of
    house.residency.on_unloaded(of, generation, demoted=True)


def kept(house: House) -> list[ReplicaKey]:
    return [copy.key for copy in house.residency.shelf.copies if copy.state is CopyState.KEPT]


def test_idle_replica_leaves_its_weights_in_host_memory() -> None:
    house = gpu_house()
    demote(house, G)
    assert house.states()[G] is State.COLD
    assert kept(house) == [G]
    assert house.residency.memory_used("cpu") == FOOTPRINT
    assert house.residency.memory_used("cuda") == 0
    assert not house.effects.unloads


def test_next_load_comes_out_of_the_copy_and_gives_its_host_memory_back() -> None:
    house = gpu_house()
    demote(house, G)
    waiter = house.ask(of=G)
    assert len(house.effects.loads) == 1
    assert house.effects.promotions == [(G, 2, 1, "replica")]
    assert house.residency.memory_used("cpu") == FOOTPRINT
    house.residency.on_dropped(G, 1)
    assert house.residency.memory_used("cpu") == 0
    assert house.residency.on_loaded(G, 2, "again", FOOTPRINT)
    assert waiter.lease is not None
    assert waiter.lease.resource == "again"


@pytest.mark.parametrize("policy", [Policy(keep_alive=0.0), Policy(keep_alive=0.0, pinned=False)])
def test_replica_that_nobody_wants_to_keep_is_freed(policy: Policy) -> None:
    house = gpu_house()
    house.residency.configure(G, policy)
    house.resident(G, at=0)
    assert [unloaded for unloaded, _, _ in house.effects.unloads] == [G]
    assert not house.effects.demotions


def test_replica_on_the_host_is_never_demoted() -> None:
    house = gpu_house(keys=(ON_HOST,))
    house.resident(ON_HOST, at=0)
    assert house.effects.unloads
    assert not house.effects.demotions


def test_operators_unload_frees_the_replica_and_its_copy() -> None:
    house = gpu_house()
    demote(house, G)
    house.residency.unload(G)
    assert house.effects.drops == [(G, 1, "replica")]
    assert house.residency.memory_used("cpu") == FOOTPRINT, "the ledger waits until the memory has come back"
    house.residency.on_dropped(G, 1)
    assert house.residency.memory_used("cpu") == 0
    house.residency.configure(G, Policy(demote=True))
    house.ask(of=G)
    house.finish_load()
    house.residency.unload(G)
    assert not house.effects.demotions[1:]


def test_replica_whose_device_is_lost_is_not_demoted() -> None:
    house = gpu_house()
    house.ask(of=G)
    house.finish_load()
    entry = next(entry for entry in house.residency.entries if entry.key == G)
    entry.leases.clear()
    house.residency.on_device_lost(G, 1, OSError("gone"))
    assert not house.effects.demotions
    assert house.effects.unloads


def test_evicted_replica_is_demoted_too() -> None:
    house = gpu_house(card=PEAK)
    house.residency.configure(G, Policy(demote=True))
    house.resident(G, at=0)
    house.ask(of=H)
    assert [demoted for demoted, *_ in house.effects.demotions] == [G]
    house.residency.on_unloaded(G, 1, demoted=True)
    assert house.effects.loads[-1] == (H, 1)


def test_oldest_copy_makes_room_for_a_new_one() -> None:
    house = gpu_house(shelf=2 * FOOTPRINT)
    demote(house, G)
    demote(house, H)
    demote(house, J)
    assert house.effects.demotions[-1] == (J, 1, "replica", ["replica"])
    assert kept(house) == [H, J]
    assert house.residency.memory_used("cpu") == 2 * FOOTPRINT


@pytest.mark.parametrize(("shelf", "host"), [(FOOTPRINT - 1, 1000), (1000, FOOTPRINT - 1), (0, 1000)])
def test_copy_without_room_is_not_made(shelf: int, host: int) -> None:
    house = gpu_house(shelf=shelf, host=host)
    house.resident(G, at=0)
    assert not house.effects.demotions
    assert house.effects.unloads


def test_failed_demotion_leaves_nothing_on_the_shelf() -> None:
    house = gpu_house()
    house.resident(G, at=0)
    house.residency.on_unloaded(G, 1, demoted=False)
    assert house.residency.memory_used("cpu") == 0
    house.ask(of=G)
    assert house.effects.loads[-1] == (G, 2)


def test_load_on_the_host_waits_for_the_copies_that_make_room_and_evicts_nobody() -> None:
    house = gpu_house(host=PEAK + FOOTPRINT)
    house.resident(ON_HOST, at=0)
    demote(house, G)
    other = key("b")
    waiter = house.ask(of=other)
    assert house.states()[ON_HOST] is State.READY
    assert house.states()[other] is State.RESERVED
    assert house.effects.drops == [(G, 1, "replica")]
    house.residency.on_dropped(G, 1)
    assert house.states()[other] is State.LOADING
    assert waiter.error is None


def test_copy_in_the_making_goes_as_soon_as_it_is_there_if_its_room_is_needed() -> None:
    house = gpu_house(host=PEAK)
    house.resident(G, at=0)
    house.ask(of=ON_HOST)
    assert not house.effects.drops
    house.residency.on_unloaded(G, 1, demoted=True)
    assert house.effects.drops == [(G, 1, "replica")]
    assert house.states()[ON_HOST] is State.RESERVED
    house.residency.on_dropped(G, 1)
    assert house.states()[ON_HOST] is State.LOADING


def test_closed_pool_drops_every_copy_and_makes_no_new_ones() -> None:
    house = gpu_house()
    demote(house, G)
    house.residency.configure(H, Policy(demote=True))
    house.resident(H, at=0)
    house.residency.close()
    assert [dropped for dropped, *_ in house.effects.drops] == [G]
    assert [unloaded for unloaded, *_ in house.effects.unloads] == [H]


KEYS = [G, H, J, ON_HOST, key("b")]
keys = st.sampled_from(KEYS)
HOST_BUDGET, SHELF = 2 * PEAK + FOOTPRINT // 2, 2 * FOOTPRINT + 10


class ShelfLedger(RuleBasedStateMachine):
    """What runs in the world is a set of jobs, which end in any order; the ledger holds throughout."""

    def __init__(self) -> None:
        super().__init__()
        self.house = gpu_house(shelf=SHELF, host=HOST_BUDGET, card=2 * PEAK)
        self.residency, self.effects = self.house.residency, self.house.effects
        self.waiters: list[FakeWaiter] = []
        self.loading: set[tuple[ReplicaKey, int]] = set()
        self.unloading: dict[tuple[ReplicaKey, int], bool] = {}
        self.leaving: set[tuple[ReplicaKey, int]] = set()

    def collect(self) -> None:
        self.loading.update(self.effects.loads)
        self.unloading |= {(of, generation): False for of, generation, _ in self.effects.unloads}
        self.unloading |= {(of, generation): True for of, generation, *_ in self.effects.demotions}
        for of, generation, copied, _ in self.effects.promotions:
            self.loading.add((of, generation))
            self.leaving.add((of, copied))
        self.leaving.update((of, generation) for of, generation, _ in self.effects.drops)
        for done in (self.effects.loads, self.effects.unloads, self.effects.demotions):
            done.clear()
        for finished in (self.effects.promotions, self.effects.drops):
            finished.clear()

    @rule(of=keys)
    def acquire(self, of: ReplicaKey) -> None:
        waiter = FakeWaiter()
        self.residency.acquire(of, waiter, peak_bytes=PEAK)
        self.waiters.append(waiter)

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        leases = [waiter.lease for waiter in self.waiters if waiter.lease is not None]
        if leases:
            self.residency.release(data.draw(st.sampled_from(leases)))

    @rule(of=keys, keep_alive=st.sampled_from([None, 0.0]), demotes=st.booleans())
    def configure(self, of: ReplicaKey, keep_alive: float | None, *, demotes: bool) -> None:
        self.residency.configure(of, Policy(keep_alive=keep_alive, demote=demotes))

    @rule(of=keys)
    def unload(self, of: ReplicaKey) -> None:
        self.residency.unload(of)

    @precondition(lambda self: self.loading)
    @rule(data=st.data(), well=st.booleans())
    def load_ends(self, data: st.DataObject, *, well: bool) -> None:
        job = data.draw(st.sampled_from(sorted(self.loading, key=str)))
        self.loading.discard(job)
        # A load out of a copy reports the copy gone before it reports itself.
        for gone in [one for one in self.leaving if one[0] == job[0]]:
            self.leaving.discard(gone)
            self.residency.on_dropped(*gone)
        if well:
            assert self.residency.on_loaded(*job, f"{job[0]}#{job[1]}", FOOTPRINT)
        else:
            self.residency.on_load_failed(*job, OSError("no"))
            self.effects.clock += 60

    @precondition(lambda self: self.unloading)
    @rule(data=st.data(), well=st.booleans())
    def unload_ends(self, data: st.DataObject, *, well: bool) -> None:
        job = data.draw(st.sampled_from(sorted(self.unloading, key=str)))
        self.residency.on_unloaded(*job, demoted=self.unloading.pop(job) and well)

    @precondition(lambda self: self.leaving)
    @rule(data=st.data())
    def drop_ends(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(sorted(self.leaving, key=str)))
        self.leaving.discard(job)
        self.residency.on_dropped(*job)

    @rule(of=keys, back=st.integers(1, 3))
    def stale_reports_change_nothing(self, of: ReplicaKey, back: int) -> None:
        before = [(copy.key, copy.generation, copy.state) for copy in self.residency.shelf.copies]
        generations = {copy.generation for copy in self.residency.shelf.copies if copy.key == of}
        stale = next((e.generation for e in self.residency.entries if e.key == of), 0) - back
        if stale not in generations:
            self.residency.on_unloaded(of, stale, demoted=True)
            self.residency.on_dropped(of, stale)
        assert before == [(copy.key, copy.generation, copy.state) for copy in self.residency.shelf.copies]

    @invariant()
    def host_memory_stays_within_its_budget_and_the_shelf_within_its_limit(self) -> None:
        live = [e for e in self.residency.entries if e.key.device == "cpu" and e.state in HOLDS_MEMORY]
        shelved = self.residency.shelf.memory()
        occupied = sum(e.memory for e in live if e.state is not State.RESERVED)
        assert occupied + shelved <= HOST_BUDGET
        assert shelved <= SHELF
        assert self.residency.memory_used("cpu") == sum(e.memory for e in live) + shelved

    @invariant()
    def copies_match_the_work_that_is_under_way(self) -> None:
        self.collect()
        copies = self.residency.shelf.copies
        assert all(copy.key.device == "cuda" for copy in copies)
        demoting = {(c.key, c.generation) for c in copies if c.state is CopyState.DEMOTING}
        assert demoting == {job for job, demoted in self.unloading.items() if demoted}
        leaving = {(c.key, c.generation) for c in copies if c.state in {CopyState.PROMOTING, CopyState.DROPPING}}
        assert leaving == self.leaving

    @invariant()
    def key_has_one_copy_that_stays_at_most_and_none_while_it_is_on_its_device(self) -> None:
        for entry in self.residency.entries:
            staying = [copy for copy in self.residency.shelf.copies if copy.key == entry.key and copy.staying]
            assert len(staying) <= 1
            if entry.state in {State.LOADING, State.READY, State.DRAINING}:
                assert not staying

    @invariant()
    def no_live_replica_waits_while_a_copy_that_it_needs_stays(self) -> None:
        self.collect()
        waiting = [e for e in self.residency.entries if e.key.device == "cpu" and e.state is State.RESERVED]
        if waiting:
            assert self.unloading or self.loading or self.leaving

    def teardown(self) -> None:
        """Closed, with all work ended, nothing is left in any memory."""
        self.residency.close()
        for waiter in self.waiters:
            if waiter.lease is not None:
                self.residency.release(waiter.lease)
        self.collect()
        while self.loading or self.unloading or self.leaving:
            for gone in list(self.leaving):
                self.residency.on_dropped(*gone)
            self.leaving.clear()
            for job in list(self.loading):
                self.residency.on_loaded(*job, "late", FOOTPRINT)
            self.loading.clear()
            for job, demoted in list(self.unloading.items()):
                self.residency.on_unloaded(*job, demoted=demoted)
            self.unloading.clear()
            self.collect()
        assert self.residency.memory_used("cpu") == self.residency.memory_used("cuda") == 0


ShelfLedger.TestCase.settings = settings(
    max_examples=300, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestShelfLedger = ShelfLedger.TestCase
