"""Budget, eviction and keep-alive: who may stay, who has to go, and when."""

from __future__ import annotations

import pytest

from model_pool.errors import PoolSaturated
from model_pool.residency.entry import Policy
from model_pool.residency.rules import Rules
from model_pool.residency.states import State
from tests.fakes.effects import key
from tests.model_pool.residency.house import FOOTPRINT, PEAK, A, B, House

C = key("c")


def budgeted(budget: int, *, minimum_age: float = 0.0) -> House:
    return House(Rules(failure_cooldown=30, minimum_age=minimum_age, budgets={"cpu": budget}))


def test_least_recently_used_idle_replica_makes_room() -> None:
    house = budgeted(2 * FOOTPRINT + PEAK - 1)
    house.resident(A, at=0)
    house.resident(B, at=1)
    waiter = house.ask(of=C)
    assert house.states() == {A: State.UNLOADING, B: State.READY, C: State.RESERVED}
    assert not waiter.answered


def test_load_starts_only_when_the_victims_memory_is_really_free() -> None:
    house = budgeted(FOOTPRINT + PEAK - 1)
    house.resident(A, at=0)
    waiter = house.ask(of=B)
    assert [load[0] for load in house.effects.loads] == [A]
    house.finish_unload()
    assert [load[0] for load in house.effects.loads] == [A, B]
    house.finish_load()
    assert waiter.lease is not None
    assert house.residency.memory_used("cpu") == FOOTPRINT


def test_budget_holds_at_the_loads_peak_and_not_only_after_it() -> None:
    house = budgeted(FOOTPRINT + PEAK - 1)
    house.resident(A, at=0)
    house.ask(of=B)
    assert house.states()[A] is State.UNLOADING


def test_leased_replica_is_never_evicted() -> None:
    house = budgeted(FOOTPRINT + PEAK - 1)
    holder = house.ask(of=A)
    house.finish_load()
    refused = house.ask(of=B)
    assert isinstance(refused.error, PoolSaturated)
    assert refused.error.retry_after is not None
    assert "pool.memory_budget" in str(refused.error)
    assert house.states() == {A: State.READY, B: State.COLD}
    house.release(holder)
    assert not house.ask(of=B).answered


def test_pinned_replica_is_never_evicted() -> None:
    house = budgeted(FOOTPRINT + PEAK - 1)
    house.residency.configure(A, Policy(pinned=True))
    house.resident(A, at=0)
    assert isinstance(house.ask(of=B).error, PoolSaturated)


def test_young_replica_is_spared_and_the_wait_is_named() -> None:
    house = budgeted(FOOTPRINT + PEAK - 1, minimum_age=10)
    house.resident(A, at=0)
    house.effects.clock = 9
    refused = house.ask(of=B)
    assert isinstance(refused.error, PoolSaturated)
    assert refused.error.retry_after == 10
    house.effects.clock = 10
    assert not house.ask(of=B).answered


def test_checkpoint_over_the_whole_budget_is_refused_without_evicting_anybody() -> None:
    house = budgeted(PEAK)
    house.resident(A, at=0)
    refused = house.ask(of=B, peak=PEAK + 1)
    assert isinstance(refused.error, PoolSaturated)
    assert refused.error.retry_after is None
    assert house.states() == {A: State.READY, B: State.COLD}


def test_nobody_is_evicted_where_all_the_idle_ones_together_would_not_do() -> None:
    house = budgeted(2 * FOOTPRINT + PEAK - 1)
    house.resident(A, at=0)
    house.ask(of=B)
    house.finish_load()
    refused = house.ask(of=C, peak=PEAK + FOOTPRINT - 1 + 1)
    assert isinstance(refused.error, PoolSaturated)
    assert house.states()[A] is State.READY


def test_reserved_room_is_not_promised_twice() -> None:
    house = budgeted(FOOTPRINT + PEAK)
    house.resident(A, at=0)
    house.ask(of=B)
    refused = house.ask(of=C, peak=2 * FOOTPRINT + 1)
    assert isinstance(refused.error, PoolSaturated)


def test_two_reserved_loads_start_in_their_order() -> None:
    house = budgeted(2 * PEAK)
    for place, of in enumerate((A, B)):
        house.resident(of, at=place)
    first = house.ask(of=C, peak=2 * PEAK)
    assert house.states() == {A: State.UNLOADING, B: State.UNLOADING, C: State.RESERVED}
    house.residency.on_unloaded(A, 1)
    assert house.states()[C] is State.RESERVED
    house.residency.on_unloaded(B, 1)
    assert house.states()[C] is State.LOADING
    house.finish_load()
    assert first.lease is not None


def test_replica_that_measured_larger_than_planned_blocks_nobody_for_ever() -> None:
    house = budgeted(2 * PEAK)
    holder = house.ask(of=A)
    waiting = house.ask(of=B)
    third = house.ask(of=C, peak=1)
    assert isinstance(third.error, PoolSaturated)
    house.residency.on_loaded(A, 1, "huge", 2 * PEAK)
    house.residency.on_loaded(B, 1, "more", PEAK)
    assert waiting.lease is not None
    assert holder.lease is not None
    refused = house.ask(of=C)
    assert isinstance(refused.error, PoolSaturated)


def test_reservation_ends_with_the_pool() -> None:
    house = budgeted(FOOTPRINT + PEAK - 1)
    house.resident(A, at=0)
    waiter = house.ask(of=B)
    house.residency.close()
    assert waiter.error is not None
    assert house.states()[B] is State.COLD
    house.finish_unload()
    assert house.residency.memory_used("cpu") == 0


def test_devices_have_budgets_of_their_own() -> None:
    house = House(Rules(budgets={"cuda": 1}))
    house.resident(A, at=0)
    house.resident(B, at=0)
    assert house.residency.memory_used("cpu") == 2 * FOOTPRINT


@pytest.mark.parametrize("seconds", [0.0, 5.0])
def test_idle_replica_is_unloaded_after_its_keep_alive(seconds: float) -> None:
    house = House()
    house.residency.configure(A, Policy(keep_alive=seconds))
    house.resident(A, at=100)
    if seconds:
        assert house.effects.keep_alive_timers == [(A, 1, seconds)]
        house.effects.clock = 105
        house.residency.on_keep_alive(A, 1)
    assert house.state() is State.UNLOADING


def test_use_puts_the_unload_off_and_one_timer_is_enough() -> None:
    house = House()
    house.residency.configure(A, Policy(keep_alive=5))
    house.resident(A, at=100)
    for second in (101, 102, 103):
        house.effects.clock = second
        house.release(house.ask())
    assert len(house.effects.keep_alive_timers) == 1
    house.effects.clock = 105
    house.residency.on_keep_alive(A, 1)
    assert house.state() is State.READY
    assert house.effects.keep_alive_timers[-1] == (A, 1, 3)


def test_timer_that_fires_while_the_replica_is_used_does_nothing() -> None:
    # llama-swap #946: a TTL unload raced a request; speaches: a timer fired between lookup and use.
    house = House()
    house.residency.configure(A, Policy(keep_alive=5))
    house.resident(A, at=100)
    house.effects.clock = 104
    holder = house.ask()
    house.effects.clock = 200
    house.residency.on_keep_alive(A, 1)
    assert house.state() is State.READY
    house.release(holder)
    assert house.effects.keep_alive_timers[-1] == (A, 1, 5)


def test_timer_of_an_older_generation_does_nothing() -> None:
    house = House()
    house.residency.configure(A, Policy(keep_alive=5))
    house.resident(A, at=0)
    house.residency.unload(A)
    house.finish_unload()
    house.resident(A, at=4)
    house.effects.clock = 5
    house.residency.on_keep_alive(A, 1)
    assert house.state() is State.READY


def test_pinned_replica_outlives_its_keep_alive_until_it_is_unpinned() -> None:
    house = House()
    house.residency.configure(A, Policy(keep_alive=5, pinned=True))
    house.resident(A, at=0)
    assert not house.effects.keep_alive_timers
    house.effects.clock = 50
    house.residency.configure(A, Policy(keep_alive=5))
    assert house.state() is State.UNLOADING


def test_never_is_never() -> None:
    house = House()
    house.resident(A, at=0)
    assert not house.effects.keep_alive_timers


@pytest.mark.parametrize("held", [True, False])
def test_reservation_that_a_larger_replica_has_overtaken_is_planned_again(*, held: bool) -> None:
    house = budgeted(2 * PEAK)
    house.resident(C, at=0)
    holder = house.ask(of=A)
    waiting = house.ask(of=B)
    assert house.states() == {C: State.UNLOADING, A: State.LOADING, B: State.RESERVED}
    house.residency.on_loaded(A, 1, "huge", 2 * PEAK - 1)
    if not held:
        house.release(holder)
    house.residency.on_unloaded(C, 1)
    if held:
        assert isinstance(waiting.error, PoolSaturated)
        assert house.states()[B] is State.COLD
        assert house.residency.memory_used("cpu") == 2 * PEAK - 1
        assert not any(entry.memory for entry in house.residency.entries if entry.key == B)
        return
    assert house.states() == {C: State.COLD, A: State.UNLOADING, B: State.RESERVED}
    house.finish_unload()
    house.finish_load()
    assert waiting.lease is not None


def test_idleness_begins_with_a_load_that_nobody_waits_for_any_more() -> None:
    house = House()
    house.residency.configure(A, Policy(keep_alive=5))
    waiter = house.ask()
    waiter.alive = False
    house.residency.cancel(A, waiter)
    house.finish_load()
    assert house.effects.keep_alive_timers == [(A, 1, 5)]
