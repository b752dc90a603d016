"""Demotion through the whole pool: a fake engine on a device that only the ledger believes in."""

from __future__ import annotations

import asyncio
import threading
from typing import cast

import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.fake import FakeEngine, FakeLoader
from model_pool.engines.threads import ThreadPlan
from model_pool.errors import LoadFailed
from model_pool.pool import ModelPool
from model_pool.replica import ReplicaSpec, make_spec
from model_pool.residency.entry import Policy
from model_pool.residency.rules import Rules
from model_pool.residency.states import State
from model_pool.runtime import PoolOptions
from model_pool.tuning.plan import Setting
from model_pool.tuning.planner import Planner
from tests.model_pool.test_pool import Reached, opened, translate

OPTIONS = PoolOptions(rules=Rules(shelf=2**30, failure_cooldown=0.01))


@pytest.fixture
def checkpoint(catalog: Catalog) -> Checkpoint:
    return catalog.resolve("embedded/en-pt")


def on_card(checkpoint: Checkpoint) -> ReplicaSpec:
    return make_spec(FakeLoader(), checkpoint, device="cuda")


async def leave(pool: ModelPool, spec: ReplicaSpec, cold: Reached) -> None:
    """Translate once, and wait until the idle replica has left its device."""
    pool.configure(spec.key, Policy(keep_alive=0.0, demote=True))
    cold.event.clear()
    assert await translate(pool, spec, "x") == ["x"]
    await asyncio.wait_for(cold.event.wait(), 30)


async def test_replica_that_went_idle_comes_back_without_reading_the_disk(checkpoint: Checkpoint) -> None:
    loader, cold, spec = FakeLoader(), Reached(State.COLD), on_card(checkpoint)
    async with opened(loader, options=OPTIONS, observers=[cold]) as pool:
        await leave(pool, spec, cold)
        snapshot = pool.snapshot()[0]
        assert snapshot.demoted == checkpoint.weights_bytes == pool.memory_used("cpu")
        assert pool.memory_used("cuda") == 0
        await leave(pool, spec, cold)
        assert pool.snapshot()[0].loads == 2
        assert len(loader.loaded) == 1
        assert loader.loaded[0].demotions == 2
    assert loader.loaded[0].closed
    assert pool.memory_used("cpu") == 0


async def test_copy_that_does_not_come_back_is_freed_and_the_disk_is_read(checkpoint: Checkpoint) -> None:
    loader, cold, spec = FakeLoader(), Reached(State.COLD), on_card(checkpoint)
    async with opened(loader, options=OPTIONS, observers=[cold]) as pool:
        await leave(pool, spec, cold)
        loader.loaded[0].fail_promotion = True
        assert await translate(pool, spec, "y") == ["y"]
        assert [engine.closed for engine in loader.loaded] == [True, False]


async def test_replica_that_cannot_be_demoted_is_freed(checkpoint: Checkpoint) -> None:
    loader, cold, spec = FakeLoader(), Reached(State.COLD), on_card(checkpoint)
    async with opened(loader, options=OPTIONS, observers=[cold]) as pool:
        pool.configure(spec.key, Policy(keep_alive=0.0, demote=True))
        async with pool.lease(spec):
            loader.loaded[0].fail_demotion = True
        await asyncio.wait_for(cold.event.wait(), 30)
        assert loader.loaded[0].closed
        assert pool.memory_used("cpu") == 0


async def test_engine_without_demotion_is_freed(checkpoint: Checkpoint) -> None:
    class Rigid:
        """A `FakeEngine` that only has what every engine has."""

        def __init__(self, engine: FakeEngine) -> None:
            self.compute_type, self.parallelism = engine.compute_type, engine.parallelism
            self.translate, self.close = engine.translate, engine.close

    class RigidLoader(FakeLoader):
        def load(self, checkpoint: Checkpoint, *, device: str, compute_type: str, threads: ThreadPlan) -> FakeEngine:
            engine = super().load(checkpoint, device=device, compute_type=compute_type, threads=threads)
            return cast("FakeEngine", Rigid(engine))

    loader, cold, spec = RigidLoader(), Reached(State.COLD), on_card(checkpoint)
    async with opened(loader, options=OPTIONS, observers=[cold]) as pool:
        await leave(pool, spec, cold)
        assert loader.loaded[0].closed
        assert pool.memory_used("cpu") == 0


async def test_promotion_that_hangs_fails_in_time_and_leaves_no_bytes_on_the_ledger(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(FakeEngine, "promote", lambda engine: go_on.wait(30))
    loader, cold, spec = FakeLoader(), Reached(State.COLD), on_card(checkpoint)
    options = PoolOptions(rules=OPTIONS.rules, load_timeout=1.0)
    async with opened(loader, options=options, observers=[cold]) as pool:
        await leave(pool, spec, cold)
        with pytest.raises(LoadFailed, match="did not load in 1 s"):
            await pool.acquire(spec)
        assert pool.memory_used("cpu") == 0
        go_on.set()


async def test_unloading_by_hand_leaves_no_copy(checkpoint: Checkpoint) -> None:
    loader, cold, spec = FakeLoader(), Reached(State.COLD), on_card(checkpoint)
    async with opened(loader, options=OPTIONS, observers=[cold]) as pool:
        await translate(pool, spec, "x")
        pool.configure(spec.key, Policy(demote=True))
        pool.unload(spec.key)
        await asyncio.wait_for(cold.event.wait(), 30)
        assert loader.loaded[0].closed
        assert pool.memory_used("cpu") == 0


async def test_first_card_has_one_name(checkpoint: Checkpoint) -> None:
    assert make_spec(FakeLoader(), checkpoint, device="cuda:0").key == on_card(checkpoint).key


@pytest.mark.parametrize(("device", "said", "expected"), [("cuda", 0, 512), ("cuda", 7, 7), ("cpu", 0, 1024)])
async def test_batches_are_sized_by_the_card_where_there_is_one_and_nobody_said_otherwise(
    checkpoint: Checkpoint, device: str, said: int, expected: int
) -> None:
    async with opened(FakeLoader()) as pool:
        spec = make_spec(FakeLoader(), checkpoint, device=device, planner=Planner(Setting(max_tokens=said)))
        async with pool.lease(spec) as lease:
            assert lease.resource.spec.plan.setting.max_tokens == expected
            assert lease.resource.batcher._limits.max_tokens == expected
