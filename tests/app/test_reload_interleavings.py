"""Reloads among requests, loads, batches, evictions and lost devices, in every order that Hypothesis can think of.

The real reloader, pool and batcher on a held loop: no sleeps, no threads, a fake clock.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import model_pool.runtime
from app.settings import Settings, load_settings
from model_pool.residency.entry import Entry, Policy
from model_pool.residency.states import HOLDS_MEMORY, SETTLED, UNDER_WAY, State
from tests.app.reloading import FOOTPRINT, HUGE, MOODS, Server, Tiers, entries_of
from tests.fakes.loop import HeldLoop
from tests.model_pool.catalog.conftest import make_checkpoint

NAMES = ("one", "two", "three")
POOL = {"minimum_age": 0, "failure_cooldown": 30, "drain_deadline": 20, "load_timeout": 50}
HEALTH = {"canary_timeout": 10, "canary_max_age": 30}


def peak_of(home: Path) -> int:
    return make_checkpoint(home / NAMES[0], weights=NAMES[0].encode() * 300).size_bytes


class Reloading(RuleBasedStateMachine):
    home: Path
    base: Settings
    peak: int

    def __init__(self) -> None:
        super().__init__()
        self.loop = HeldLoop()
        self.budget: int | None = None

    @initialize(data=st.data(), budget=st.sampled_from([None, 3, 2, 1]))
    def start(self, data: st.DataObject, budget: int | None) -> None:
        """Budget: room for a load beside so many replicas, less one byte; None for no limit."""
        self.budget = None if budget is None else (budget - 1) * FOOTPRINT + self.peak
        pool = POOL | {"memory_budget": "none" if self.budget is None else self.budget}
        cache = {"max_bytes": 0}
        self.server = Server(self.loop, self.home, self.base, {"pool": pool, "health": HEALTH, "cache": cache})
        # The fixture takes these back: the runtime hands both to its executor.
        for name, stand_in in (("load_replica", self.server.load), ("free_replica", self.server.free)):
            setattr(model_pool.runtime, name, stand_in)
        self.server.start(data.draw(self.configurations))

    @property
    def configurations(self) -> st.SearchStrategy[Tiers]:
        """One to three tiers, each over one of the checkpoints; several may share one."""
        tier = st.fixed_dictionaries(
            {
                "checkpoints": st.sampled_from([[str(self.home / name)] for name in NAMES]),
                "preload": st.booleans(),
                "pin": st.booleans(),
                "keep_alive": st.sampled_from(["never", 0.0, 30.0]),
            }
        )
        return st.dictionaries(st.sampled_from(["basic", "medium", "premium"]), tier, min_size=1, max_size=3)

    # ---- what people do ---------------------------------------------------------------------------------

    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        self.server.visit(data.draw(st.sampled_from([*self.server.reloader.services.tiers])))

    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        waiting = [visit for visit in self.server.visits if not visit.task.done()]
        if waiting:
            visit = data.draw(st.sampled_from(waiting))
            visit.cancelled = True
            visit.task.cancel()

    @rule(data=st.data())
    def rewrite_and_reload(self, data: st.DataObject) -> None:
        self.server.write(data.draw(self.configurations))
        self.server.ask_to_reload()

    @rule(data=st.data(), broken=st.booleans())
    def rewrite(self, data: st.DataObject, broken: bool) -> None:
        nowhere = {"basic": {"checkpoints": [str(self.home / "nowhere")]}}
        self.server.write(data.draw(st.sampled_from([None, nowhere])) if broken else data.draw(self.configurations))

    @rule()
    def reload(self) -> None:
        self.server.ask_to_reload()

    @precondition(lambda self: self.server.asked)
    @rule(data=st.data())
    def whoever_asked_for_a_reload_leaves(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.server.asked))[1].cancel()

    @rule(data=st.data(), what=st.sampled_from(["unload", "pin", "unpin"]))
    def operate(self, data: st.DataObject, what: str) -> None:
        services = self.server.reloader.services
        key = data.draw(st.sampled_from([*services.tiers.unique]))
        if what == "unload":
            services.pool.unload(key)
            self.server.reloader.unloaded.add(key)
        else:
            policy = services.tiers.policy_of(key)
            services.pool.configure(key, Policy(keep_alive=policy.keep_alive, pinned=what == "pin"))

    # ---- what the world does ----------------------------------------------------------------------------

    @precondition(lambda self: self.loop.jobs)
    @rule(data=st.data(), mood=st.sampled_from(["well", "well", "well", *MOODS]))
    def job_ends(self, data: st.DataObject, mood: str) -> None:
        """A load, an unload, a batch or a look at the configuration; those that are never drawn hang."""
        self.server.mood = mood
        self.loop.jobs.pop(data.draw(st.integers(0, len(self.loop.jobs) - 1))).run()

    @precondition(lambda self: self.loop.jobs)
    @rule(mood=st.sampled_from(["well", "badly"]))
    def every_job_ends(self, mood: str) -> None:
        self.server.mood = mood
        for job in list(self.loop.jobs):
            self.loop.jobs.remove(job)
            job.run()

    @rule(seconds=st.sampled_from([1.0, 15.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.loop.clock += seconds

    # ---- what always holds ------------------------------------------------------------------------------

    @property
    def entries(self) -> list[Entry[Any]]:
        return entries_of(self.server.reloader.services)

    @invariant()
    def everything_that_is_due_has_happened_without_a_fault(self) -> None:
        self.loop.settle()
        assert not self.loop.faults

    @invariant()
    def requests_end_in_their_own_configuration(self) -> None:
        for visit in [one for one in self.server.visits if one.task.done()]:
            self.server.visits.remove(visit)
            visit.check()

    @invariant()
    def reloads_are_told_to_those_who_asked(self) -> None:
        self.server.check_reloads()

    @invariant()
    def settled_entries_keep_nobody_waiting(self) -> None:
        assert not any(entry.waiters for entry in self.entries if entry.state in SETTLED)

    @invariant()
    def leased_replicas_are_open(self) -> None:
        for entry in self.entries:
            assert not entry.leases or entry.state in {State.READY, State.DRAINING}
            assert entry.resource is None or not entry.resource.engine.closed

    @invariant()
    def ledger_is_the_sum_of_its_entries_and_within_the_budget(self) -> None:
        holding = [entry for entry in self.entries if entry.state in HOLDS_MEMORY]
        assert self.server.reloader.services.pool.memory_used("cpu") == sum(entry.memory for entry in holding)
        assert all(entry.memory > 0 for entry in holding)
        assert not any(entry.memory for entry in self.entries if entry.state in {State.COLD, State.FAILED})
        occupied = [entry.memory for entry in holding if entry.state is not State.RESERVED]
        if self.budget is not None and HUGE not in occupied:
            assert sum(occupied) <= self.budget

    @invariant()
    def reservation_waits_only_while_something_is_under_way(self) -> None:
        if any(entry.state is State.RESERVED for entry in self.entries):
            assert any(entry.state in UNDER_WAY for entry in self.entries)

    # ---- the end ----------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """When all that can end has ended, everybody is answered and what no tier wants any more has left."""
        try:
            if hasattr(self, "server"):
                self._end()
        finally:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.settle()
            self.loop.close()

    def _end(self) -> None:
        self.server.finish()
        # Not preloaded: what is pinned may leave it no room before traffic has moved, and that refuses a reload.
        self.server.write({"last": {"checkpoints": [str(self.home / NAMES[0])], "preload": False}})
        self.server.ask_to_reload()
        self.server.finish()
        self.requests_end_in_their_own_configuration()
        self.reloads_are_told_to_those_who_asked()
        assert not self.server.visits
        assert not self.server.asked
        services = self.server.reloader.services
        assert [*services.tiers] == ["last"]
        for entry in self.entries:
            assert not entry.leases
            assert not entry.waiters
            assert entry.key in services.tiers.unique or entry.state in {State.COLD, State.FAILED}
        closing = self.loop.begin(services.pool.close())
        self.server.finish()
        closing.result()
        assert services.pool.memory_used("cpu") == 0
        assert not asyncio.all_tasks(self.loop)
        assert not self.loop.faults


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Reloading]:
    """The machine over three checkpoints on disk, in a class of its own."""
    for name in NAMES:
        make_checkpoint(tmp_path / name, weights=name.encode() * 300)
    monkeypatch.setattr(model_pool.runtime, "load_replica", None)  # each machine puts its own in; undone at the end
    monkeypatch.setattr(model_pool.runtime, "free_replica", None)
    attributes = {"home": tmp_path, "base": load_settings(), "peak": peak_of(tmp_path)}
    return type("ReloadingHere", (Reloading,), attributes)


def test_whatever_happens_around_a_reload_everybody_is_answered_and_nothing_is_left(machine: type[Reloading]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=150,
            stateful_step_count=40,
            deadline=None,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
