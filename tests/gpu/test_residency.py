"""The pool on a real card: memory that comes back, evictions under a budget, demotion, a device that is lost."""

from __future__ import annotations

import asyncio

import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.devices import memory_in_use
from model_pool.engines.ctranslate2 import CTranslate2Loader
from model_pool.errors import DeviceLost, LoadFailed
from model_pool.pool import ModelPool
from model_pool.replica import ReplicaSpec, make_spec
from model_pool.residency.entry import Policy
from model_pool.residency.rules import Rules
from model_pool.residency.states import State
from model_pool.runtime import PoolOptions
from model_pool.types import DecodeOptions
from tests.gpu.cards import CARD, ENGLISH, needs_card, needs_nvml
from tests.model_pool.test_pool import Reached, opened

pytestmark = [pytest.mark.gpu, needs_card]

CYCLES = 6
EN_PT, PT_EN = "embedded/en-pt", "embedded/pt-en"


@pytest.fixture
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return Catalog(tmp_path_factory.mktemp("data"))


def on_card(catalog: Catalog, reference: str = EN_PT) -> ReplicaSpec:
    return make_spec(CTranslate2Loader(), catalog.resolve(reference), device=CARD)


async def translate(pool: ModelPool, spec: ReplicaSpec) -> list[str]:
    source, target = spec.checkpoint.reference.removeprefix("embedded/").split("-")
    async with pool.lease(spec) as lease:
        answers = await pool.translate(lease, ENGLISH, source=source, target=target, options=DecodeOptions())
    return [answer.text for answer in answers]


async def left(pool: ModelPool, spec: ReplicaSpec, cold: Reached) -> None:
    """Translate, and wait until the replica has left the card."""
    cold.event.clear()
    await translate(pool, spec)
    await asyncio.wait_for(cold.event.wait(), 60)


@needs_nvml
async def test_memory_of_the_card_comes_back_with_every_unload(catalog: Catalog) -> None:
    spec, cold = on_card(catalog), Reached(State.COLD)
    used: list[int] = []
    async with opened(CTranslate2Loader(), observers=[cold]) as pool:
        pool.configure(spec.key, Policy(keep_alive=0.0))
        for _ in range(CYCLES):
            await left(pool, spec, cold)
            used.append(memory_in_use(CARD))
    # The first cycle also pays for CUDA's kernels and cuBLAS, which stay; from then on nothing may be left behind.
    assert used[-1] - used[1] < spec.checkpoint.weights_bytes


@needs_nvml
async def test_measured_footprint_holds_the_weights_and_not_the_context(catalog: Catalog) -> None:
    spec = on_card(catalog)
    async with opened(CTranslate2Loader()) as pool:
        async with pool.lease(spec):
            footprint = pool.snapshot()[0].footprint
        assert spec.checkpoint.weights_bytes <= footprint < 20 * spec.checkpoint.weights_bytes
        assert pool.memory_used(CARD) == footprint


async def test_least_recently_used_replica_makes_room_on_the_card(catalog: Catalog) -> None:
    first, second = on_card(catalog), on_card(catalog, PT_EN)
    room_for_one = Rules(budgets={CARD: max(first.peak_bytes, second.peak_bytes)})
    async with opened(CTranslate2Loader(), options=PoolOptions(rules=room_for_one)) as pool:
        for _ in range(2):
            assert all(await translate(pool, first))
            assert all(await translate(pool, second))
        states = {snapshot.key: snapshot.state for snapshot in pool.snapshot()}
        assert states == {first.key: State.COLD, second.key: State.READY}
        assert [snapshot.loads for snapshot in pool.snapshot()] == [2, 2]


async def test_demoted_replica_comes_back_and_translates_the_same(catalog: Catalog) -> None:
    spec, cold = on_card(catalog), Reached(State.COLD)
    async with opened(CTranslate2Loader(), options=PoolOptions(rules=Rules(shelf=2**30)), observers=[cold]) as pool:
        expected = await translate(pool, spec)
        loaded = pool.snapshot()[0].footprint
        cold.event.clear()
        pool.configure(spec.key, Policy(keep_alive=0.0, demote=True))
        await asyncio.wait_for(cold.event.wait(), 60)
        assert pool.memory_used(CARD) == 0
        assert pool.memory_used("cpu") == pool.snapshot()[0].demoted == loaded
        assert await translate(pool, spec) == expected
        assert pool.snapshot()[0].loads == 2


async def test_replica_on_a_lost_card_is_taken_out_of_use(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    # A card cannot be broken on purpose without harm to others on it; the words are those of the runtime.
    spec, failed = on_card(catalog), Reached(State.FAILED)
    async with opened(CTranslate2Loader(), observers=[failed]) as pool:
        async with pool.lease(spec) as lease:
            broken = _Broken()
            monkeypatch.setattr(lease.resource.engine, "_translator", broken)
            with pytest.raises(DeviceLost, match="illegal memory access"):
                await pool.translate(lease, ["x"], source="en", target="pt", options=DecodeOptions())
        await asyncio.wait_for(failed.event.wait(), 60)
        with pytest.raises(LoadFailed):
            await pool.acquire(spec)
        assert pool.memory_used(CARD) == 0


class _Broken:
    def translate_batch(self, *_: object, **__: object) -> None:
        raise RuntimeError("CUDA failed with error an illegal memory access was encountered")
