from __future__ import annotations

import asyncio
import gc
import shutil
import threading
import weakref
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.base import EngineLoader
from model_pool.engines.ctranslate2 import CTranslate2Loader
from model_pool.engines.fake import FakeLoader
from model_pool.errors import CheckpointCorrupted, DeviceLost, LeaseRevoked, LoadFailed, PoolClosed, PoolSaturated
from model_pool.observer import Observer
from model_pool.pool import ModelPool
from model_pool.replica import ReplicaSpec, make_spec
from model_pool.residency.effects import Transition
from model_pool.residency.entry import Policy
from model_pool.residency.rules import Rules
from model_pool.residency.states import State
from model_pool.runtime import PoolOptions
from model_pool.types import DecodeOptions, EncodedSegment
from tests.embedded import WALK_IN_PORTUGUESE, WEATHER_IN_PORTUGUESE

GREEDY = DecodeOptions()


class Reached(Observer):
    """Tells when an entry has come to a state."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.event = asyncio.Event()

    def on_transition(self, transition: Transition) -> None:
        if transition.new is self.state:
            self.event.set()


@asynccontextmanager
async def opened(
    *loaders: EngineLoader, options: PoolOptions | None = None, observers: Sequence[Observer] = ()
) -> AsyncIterator[ModelPool]:
    pool = ModelPool(loaders, options, observers)
    try:
        yield pool
    finally:
        await asyncio.wait_for(pool.close(), 30)
        assert pool.memory_used("cpu") == 0


@pytest.fixture
def checkpoint(catalog: Catalog) -> Checkpoint:
    return catalog.resolve("embedded/en-pt")


@pytest.fixture
def copy(checkpoint: Checkpoint, catalog: Catalog, tmp_path: Path) -> Checkpoint:
    """The embedded checkpoint again, as a directory of another name."""
    shutil.copytree(checkpoint.path, tmp_path / "copy")
    return catalog.resolve(str(tmp_path / "copy"))


def fake_spec(checkpoint: Checkpoint) -> ReplicaSpec:
    return make_spec(FakeLoader(), checkpoint)


def real_spec(checkpoint: Checkpoint) -> ReplicaSpec:
    return make_spec(CTranslate2Loader(), checkpoint)


async def translate(pool: ModelPool, spec: ReplicaSpec, *texts: str) -> list[str]:
    async with pool.lease(spec) as lease:
        answers = await pool.translate(lease, texts, source="en", target="pt", options=GREEDY)
    return [answer.text for answer in answers]


async def test_embedded_checkpoint_translates_in_order(checkpoint: Checkpoint) -> None:
    async with opened(CTranslate2Loader()) as pool:
        answers = await translate(pool, real_spec(checkpoint), "Shall we walk?", "The weather is nice today.")
    assert answers == [WALK_IN_PORTUGUESE, WEATHER_IN_PORTUGUESE]


async def test_links_say_where_words_come_from_where_they_are_asked_for(checkpoint: Checkpoint) -> None:
    text = "The red house near the river."
    async with opened(CTranslate2Loader()) as pool, pool.lease(real_spec(checkpoint)) as lease:
        plain, linked = [
            (await pool.translate(lease, [text], source="en", target="pt", options=options))[0]
            for options in (GREEDY, DecodeOptions(return_attention=True))
        ]
    words = {(linked.text[slice(*target)], text[slice(*source)]) for target, source in linked.links}
    assert {("casa", "house"), ("vermelha", "red"), ("rio", "river")} <= words
    assert linked.text == plain.text
    assert plain.links == ()


async def test_same_content_under_two_names_is_one_replica(checkpoint: Checkpoint, copy: Checkpoint) -> None:
    async with opened(FakeLoader()) as pool:
        first, second = fake_spec(checkpoint), fake_spec(copy)
        assert copy.reference != checkpoint.reference
        assert first.key == second.key
        await asyncio.gather(translate(pool, first, "one"), translate(pool, second, "two"))
        assert [snapshot.loads for snapshot in pool.snapshot()] == [1]


async def test_many_who_ask_at_once_share_one_load(checkpoint: Checkpoint) -> None:
    loader = FakeLoader()
    async with opened(loader) as pool:
        spec = fake_spec(checkpoint)
        await asyncio.gather(*(translate(pool, spec, f"text {n}") for n in range(50)))
        assert len(loader.loaded) == 1
        assert pool.snapshot()[0].leases == 0


async def test_load_never_blocks_the_event_loop(checkpoint: Checkpoint) -> None:
    # quickmt: building a model blocked the event loop.
    loading, go_on = threading.Event(), threading.Event()

    def slow(_: Checkpoint) -> None:
        loading.set()
        assert go_on.wait(30)

    async with opened(FakeLoader(on_load=slow)) as pool:
        asked = asyncio.create_task(translate(pool, fake_spec(checkpoint), "x"))
        await asyncio.to_thread(loading.wait, 30)
        assert pool.snapshot()[0].state is State.LOADING
        go_on.set()
        assert await asked == ["x"]


async def test_cancelled_first_caller_leaves_the_load_to_the_second(checkpoint: Checkpoint) -> None:
    loading, go_on = threading.Event(), threading.Event()

    def slow(_: Checkpoint) -> None:
        loading.set()
        assert go_on.wait(30)

    loader = FakeLoader(on_load=slow)
    async with opened(loader) as pool:
        spec = fake_spec(checkpoint)
        first = asyncio.create_task(translate(pool, spec, "first"))
        second = asyncio.create_task(translate(pool, spec, "second"))
        await asyncio.to_thread(loading.wait, 30)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        go_on.set()
        assert await second == ["second"]
        assert len(loader.loaded) == 1
        assert pool.snapshot()[0].leases == 0


async def test_caller_cancelled_between_grant_and_wake_up_gives_its_lease_back(checkpoint: Checkpoint) -> None:
    async with opened(FakeLoader()) as pool:
        spec = fake_spec(checkpoint)
        await translate(pool, spec, "warm")
        asked = asyncio.create_task(pool.acquire(spec))
        await asyncio.sleep(0)  # the grant has been made, the task has not yet woken up
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        leases = pool.snapshot()[0].leases
        assert leases == (0 if asked.cancelled() else 1)
        if not asked.cancelled():
            pool.release(asked.result())


async def test_failed_load_is_told_to_all_and_tried_again_after_the_cooldown(checkpoint: Checkpoint) -> None:
    broken = True

    def load(_: Checkpoint) -> None:
        if broken:
            raise OSError("disk on fire")

    async with opened(FakeLoader(on_load=load), options=PoolOptions(rules=Rules(failure_cooldown=0.05))) as pool:
        spec = fake_spec(checkpoint)
        results = await asyncio.gather(*(translate(pool, spec, "x") for _ in range(3)), return_exceptions=True)
        assert all(isinstance(result, LoadFailed) and "disk on fire" in str(result) for result in results)
        assert pool.snapshot()[0].state is State.FAILED
        broken = False
        await asyncio.sleep(0.06)
        assert await translate(pool, spec, "works") == ["works"]


async def test_corrupted_file_is_named_and_never_served(copy: Checkpoint) -> None:
    with (copy.path / "model.bin").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\xff\xfe\xfd")
    async with opened(CTranslate2Loader()) as pool:
        with pytest.raises(LoadFailed, match=r"model\.bin") as caught:
            await translate(pool, real_spec(copy), "x")
        assert isinstance(caught.value.__cause__, CheckpointCorrupted)


async def test_hung_load_fails_in_time_and_others_still_load(checkpoint: Checkpoint, catalog: Catalog) -> None:
    stuck = threading.Event()

    def load(loading: Checkpoint) -> None:
        if loading.reference == checkpoint.reference:
            assert stuck.wait(30)

    loader = FakeLoader(on_load=load)
    other = catalog.resolve("embedded/pt-en")
    async with opened(loader, options=PoolOptions(load_timeout=2.0)) as pool:
        with pytest.raises(LoadFailed, match=r"did not load in 2 s"):
            await translate(pool, fake_spec(checkpoint), "x")
        async with pool.lease(fake_spec(other)) as lease:
            answers = await pool.translate(lease, ["sim"], source="pt", target="en", options=GREEDY)
        assert [answer.text for answer in answers] == ["sim"]
        stuck.set()


async def test_unload_waits_for_the_lease_and_the_next_caller_loads_again(checkpoint: Checkpoint) -> None:
    loader = FakeLoader()
    async with opened(loader) as pool:
        spec = fake_spec(checkpoint)
        async with pool.lease(spec) as lease:
            pool.unload(spec.key)
            assert pool.snapshot()[0].state is State.DRAINING
            answers = await pool.translate(lease, ["still here"], source="en", target="pt", options=GREEDY)
            assert answers[0].text == "still here"
            newcomer = asyncio.create_task(translate(pool, spec, "next"))
            await asyncio.sleep(0)
        assert await newcomer == ["next"]
        assert len(loader.loaded) == 2
        assert loader.loaded[0].closed


async def test_drain_deadline_frees_the_replica_of_a_forgotten_lease(checkpoint: Checkpoint) -> None:
    loader = FakeLoader()
    cold = Reached(State.COLD)
    async with opened(loader, options=PoolOptions(drain_deadline=0.05), observers=[cold]) as pool:
        spec = fake_spec(checkpoint)
        lease = await pool.acquire(spec)
        pool.unload(spec.key)
        await cold.event.wait()
        assert loader.loaded[0].closed
        with pytest.raises(LeaseRevoked):
            await pool.translate(lease, ["x"], source="en", target="pt", options=GREEDY)


async def test_lost_device_makes_the_entry_failed(checkpoint: Checkpoint) -> None:
    def die(_: Sequence[EncodedSegment]) -> None:
        raise DeviceLost("illegal memory access")

    loader, failed = FakeLoader(hook=die), Reached(State.FAILED)
    async with opened(loader, observers=[failed]) as pool:
        spec = fake_spec(checkpoint)
        with pytest.raises(DeviceLost):
            await translate(pool, spec, "x")
        await failed.event.wait()
        with pytest.raises(LoadFailed, match="illegal memory access"):
            await pool.acquire(spec)
        assert loader.loaded[0].closed


async def test_closed_pool_finishes_what_runs_and_refuses_the_rest(checkpoint: Checkpoint) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def hold(_: Sequence[EncodedSegment]) -> None:
        entered.set()
        assert go_on.wait(30)

    async with opened(FakeLoader(hook=hold)) as pool:
        spec = fake_spec(checkpoint)
        running = asyncio.create_task(translate(pool, spec, "running"))
        await asyncio.to_thread(entered.wait, 30)
        closing = asyncio.create_task(pool.close())
        await asyncio.sleep(0)
        with pytest.raises(PoolClosed):
            await pool.acquire(spec)
        go_on.set()
        assert await running == ["running"]
        await closing


async def test_broken_observer_cannot_stop_the_pool(checkpoint: Checkpoint) -> None:
    class Broken(Observer):
        def on_load(self, spec: ReplicaSpec, *, seconds: float, footprint: int) -> None:
            raise RuntimeError("telemetry is down")

    reported: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["message"]))
    async with opened(FakeLoader(), observers=[Broken()]) as pool:
        assert await translate(pool, fake_spec(checkpoint), "fine") == ["fine"]
    assert reported == ["an observer raised"]


async def test_measured_footprint_is_at_least_the_weights(checkpoint: Checkpoint) -> None:
    async with opened(CTranslate2Loader()) as pool:
        spec = real_spec(checkpoint)
        await translate(pool, spec, "Hello.")
        snapshot = pool.snapshot()[0]
        assert checkpoint.weights_bytes <= snapshot.footprint < 6 * checkpoint.weights_bytes
        assert pool.memory_used("cpu") == snapshot.footprint
        assert snapshot.load_seconds > 0
        assert snapshot.loaded_at is not None


async def test_least_recently_used_replica_makes_room_and_comes_back_when_it_is_asked_for(
    checkpoint: Checkpoint, catalog: Catalog
) -> None:
    loader = FakeLoader()
    other = catalog.resolve("embedded/pt-en")
    first, second = fake_spec(checkpoint), fake_spec(other)
    room_for_one = PoolOptions(rules=Rules(budgets={"cpu": max(first.peak_bytes, second.peak_bytes)}))
    async with opened(loader, options=room_for_one) as pool:
        for _ in range(3):
            assert await translate(pool, first, "x") == ["x"]
            async with pool.lease(second) as lease:
                answers = await pool.translate(lease, ["y"], source="pt", target="en", options=GREEDY)
            assert [answer.text for answer in answers] == ["y"]
            assert pool.memory_used("cpu") <= room_for_one.rules.budgets["cpu"]
        assert len(loader.loaded) == 6
        assert [engine.closed for engine in loader.loaded] == [True] * 5 + [False]


async def test_leased_replica_holds_its_room_and_the_newcomer_is_told_to_come_back(
    checkpoint: Checkpoint, catalog: Catalog
) -> None:
    first, second = fake_spec(checkpoint), fake_spec(catalog.resolve("embedded/pt-en"))
    room_for_one = PoolOptions(rules=Rules(budgets={"cpu": max(first.peak_bytes, second.peak_bytes)}))
    async with opened(FakeLoader(), options=room_for_one) as pool:
        async with pool.lease(first):
            with pytest.raises(PoolSaturated) as caught:
                await pool.acquire(second)
            assert caught.value.retry_after
        async with pool.lease(second):
            pass


async def test_idle_replica_is_unloaded_after_its_keep_alive(checkpoint: Checkpoint) -> None:
    cold = Reached(State.COLD)
    async with opened(FakeLoader(), observers=[cold]) as pool:
        spec = fake_spec(checkpoint)
        pool.configure(spec.key, Policy(keep_alive=0.05))
        await translate(pool, spec, "x")
        await asyncio.wait_for(cold.event.wait(), 10)
        assert pool.memory_used("cpu") == 0


async def test_unload_gives_the_memory_back_to_the_system(checkpoint: Checkpoint) -> None:
    class Measured(Observer):
        freed: int = 0

        def on_unload(self, spec: ReplicaSpec, *, before: int, after: int) -> None:
            self.freed = before - after

    measured, cold = Measured(), Reached(State.COLD)
    async with opened(CTranslate2Loader(), observers=[measured, cold]) as pool:
        spec = real_spec(checkpoint)
        await translate(pool, spec, *["The house is red and the garden is green."] * 64)
        pool.unload(spec.key)
        await asyncio.wait_for(cold.event.wait(), 30)
        assert measured.freed > checkpoint.weights_bytes


async def test_unloaded_tokenizer_is_freed_without_the_collector(checkpoint: Checkpoint) -> None:
    # The server lets the collector run rarely, so megabytes must not hang in a cycle.
    cold = Reached(State.COLD)
    async with opened(CTranslate2Loader(), observers=[cold]) as pool:
        spec = real_spec(checkpoint)
        async with pool.lease(spec) as lease:
            await pool.translate(lease, ["The house is red."], source="en", target="pt", options=GREEDY)
            tokenizer = weakref.ref(lease.resource.tokenizer)
        del lease
        gc.disable()
        try:
            pool.unload(spec.key)
            await asyncio.wait_for(cold.event.wait(), 30)
            assert tokenizer() is None
        finally:
            gc.enable()
