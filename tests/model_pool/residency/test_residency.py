from __future__ import annotations

import pytest

from model_pool.errors import LeaseRevoked, LoadFailed, PoolClosed
from model_pool.residency.states import State
from tests.fakes.effects import FakeWaiter
from tests.model_pool.residency.house import FOOTPRINT, PEAK, A, B, House


@pytest.fixture
def house() -> House:
    return House()


def test_first_waiter_starts_the_load_and_is_granted_when_it_is_ready(house: House) -> None:
    waiter = house.ask()
    assert house.effects.loads == [(A, 1)]
    assert not waiter.answered
    house.finish_load("weights")
    assert waiter.lease is not None
    assert waiter.lease.resource == "weights"


def test_two_tiers_asking_before_either_has_loaded_cause_one_load(house: House) -> None:
    # Meeshy: two tiers sharing one checkpoint checked before either had loaded, so it was loaded twice.
    basic, medium = house.ask("basic"), house.ask("medium")
    house.finish_load()
    assert len(house.effects.loads) == 1
    assert basic.lease is not None
    assert medium.lease is not None
    assert basic.lease.entry is medium.lease.entry


def test_ready_entry_grants_at_once(house: House) -> None:
    house.ask()
    house.finish_load()
    assert house.ask().lease is not None
    assert len(house.effects.loads) == 1


def test_load_belongs_to_the_pool_and_outlives_its_first_waiter(house: House) -> None:
    # Ollama: loads ran under the requester's context and died with it.
    waiter = house.ask()
    waiter.alive = False
    house.residency.cancel(A, waiter)
    assert house.finish_load()
    assert house.state() is State.READY
    assert not house.entry.leases


def test_waiter_that_died_before_its_grant_leaves_no_lease(house: House) -> None:
    waiter = house.ask()
    waiter.alive = False
    house.finish_load()
    assert not house.entry.leases


def test_failed_load_tells_every_waiter_why_and_when_to_come_back(house: House) -> None:
    # quickmt: an error resolved only the first future and the others hung.
    waiters = [house.ask() for _ in range(3)]
    house.residency.on_load_failed(A, 1, ValueError("bad magic"))
    for waiter in waiters:
        assert isinstance(waiter.error, LoadFailed)
        assert "bad magic" in str(waiter.error)
        assert waiter.error.retry_after == 30
    assert house.state() is State.FAILED
    assert house.residency.memory_used("cpu") == 0


def test_failed_entry_rejects_during_its_cooldown_and_loads_again_after_it(house: House) -> None:
    house.ask()
    house.residency.on_load_failed(A, 1, ValueError("bad magic"))
    house.effects.clock = 29.0
    cooling = house.ask()
    assert isinstance(cooling.error, LoadFailed)
    assert cooling.error.retry_after == 1.0
    assert len(house.effects.loads) == 1
    house.effects.clock = 30.0
    again = house.ask()
    assert house.effects.loads[-1] == (A, 2)
    house.finish_load()
    assert again.lease is not None
    assert house.entry.failure is None


def test_draining_entry_grants_no_new_lease(house: House) -> None:
    first = house.ask()
    house.finish_load()
    house.residency.unload(A)
    newcomer = house.ask()
    assert house.state() is State.DRAINING
    assert not newcomer.answered
    house.release(first)
    assert house.state() is State.UNLOADING
    assert not newcomer.answered


def test_newcomer_behind_a_drain_gets_the_next_generation(house: House) -> None:
    # Ollama #17408: a victim resurrected by a fast-path request deadlocked all loads.
    first = house.ask()
    house.finish_load("old")
    house.residency.unload(A)
    newcomer = house.ask()
    house.release(first)
    house.finish_unload()
    assert house.effects.loads == [(A, 1), (A, 2)]
    house.finish_load("new")
    assert newcomer.lease is not None
    assert newcomer.lease.resource == "new"


def test_leased_replica_is_never_unloaded_before_its_release(house: House) -> None:
    # speaches #672: the entry was deleted before a refused unload; quickmt: eviction ignored work in flight.
    first, second = house.ask(), house.ask()
    house.finish_load()
    house.residency.unload(A)
    house.release(first)
    assert not house.effects.unloads
    house.release(second)
    assert house.effects.unloads == [(A, 1, "replica")]


def test_batch_lease_keeps_the_replica_after_its_request_has_gone(house: House) -> None:
    request = house.ask()
    house.finish_load()
    batch = house.residency.retain(A, 1)
    house.release(request)
    house.residency.unload(A)
    assert house.state() is State.DRAINING
    house.residency.release(batch)
    assert house.state() is State.UNLOADING


def test_release_is_idempotent(house: House) -> None:
    first, second = house.ask(), house.ask()
    house.finish_load()
    house.release(first)
    house.release(first)
    assert len(house.entry.leases) == 1
    assert second.lease is not None
    assert second.lease.valid


def test_lease_of_an_older_generation_changes_nothing(house: House) -> None:
    old = house.ask()
    house.finish_load()
    house.residency.unload(A)
    house.residency.on_drain_deadline(A, 1)
    house.finish_unload()
    fresh = house.ask()
    house.finish_load()
    house.release(old)
    with pytest.raises(LeaseRevoked):
        house.residency.retain(A, 1)
    assert fresh.lease is not None
    assert house.entry.leases == {fresh.lease.id}
    assert old.lease is not None
    with pytest.raises(LeaseRevoked):
        _ = old.lease.resource


def test_drain_deadline_revokes_what_is_left(house: House) -> None:
    stuck = house.ask()
    house.finish_load()
    house.residency.unload(A)
    assert house.effects.timers == [(A, 1)]
    house.residency.on_drain_deadline(A, 1)
    assert house.state() is State.UNLOADING
    assert stuck.lease is not None
    assert not stuck.lease.valid
    with pytest.raises(LeaseRevoked):
        house.residency.retain(A, 1)


def test_drain_deadline_of_an_older_generation_is_ignored(house: House) -> None:
    first = house.ask()
    house.finish_load()
    house.residency.unload(A)
    house.release(first)
    house.finish_unload()
    fresh = house.ask()
    house.finish_load()
    house.residency.unload(A)
    house.residency.on_drain_deadline(A, 1)
    assert house.state() is State.DRAINING
    assert fresh.lease is not None
    assert fresh.lease.valid


def test_unload_during_a_load_serves_its_waiters_first(house: House) -> None:
    waiter = house.ask()
    house.residency.unload(A)
    house.finish_load()
    assert waiter.lease is not None
    assert house.state() is State.DRAINING
    house.release(waiter)
    house.finish_unload()
    assert house.state() is State.COLD


def test_completion_of_a_stale_load_is_refused(house: House) -> None:
    house.ask()
    house.residency.on_load_failed(A, 1, TimeoutError("hung"))
    assert not house.residency.on_loaded(A, 1, "late", FOOTPRINT)
    assert house.state() is State.FAILED


def test_lost_device_drains_then_fails_and_tells_those_who_queued(house: House) -> None:
    running = house.ask()
    house.finish_load()
    house.residency.on_device_lost(A, 1, RuntimeError("illegal memory access"))
    queued = house.ask()
    house.release(running)
    house.finish_unload()
    assert house.state() is State.FAILED
    assert isinstance(queued.error, LoadFailed)
    assert "illegal memory access" in str(queued.error)


def test_ledger_counts_peak_while_loading_and_footprint_until_unloaded(house: House) -> None:
    used = house.residency.memory_used
    waiter = house.ask()
    assert used("cpu") == PEAK
    house.finish_load()
    assert used("cpu") == FOOTPRINT
    house.release(waiter)
    house.residency.unload(A)
    assert house.state() is State.UNLOADING
    assert used("cpu") == FOOTPRINT
    house.finish_unload()
    assert used("cpu") == 0
    assert used("cuda") == 0


def test_closed_pool_rejects_waiters_and_newcomers_and_unloads_what_is_ready(house: House) -> None:
    loaded = house.ask("loaded")
    house.finish_load()
    waiting = house.ask("waiting", of=B)
    house.residency.close()
    newcomer = house.ask("newcomer")
    assert isinstance(waiting.error, PoolClosed)
    assert isinstance(newcomer.error, PoolClosed)
    house.release(loaded)
    assert house.effects.unloads == [(A, 1, "replica")]
    house.residency.on_loaded(B, 1, "late", FOOTPRINT)
    assert [unload[0] for unload in house.effects.unloads] == [A, B]


def test_cancel_of_an_unknown_key_is_a_no_op(house: House) -> None:
    house.residency.cancel(B, FakeWaiter())
    house.residency.unload(B)
    assert not list(house.residency.entries)
