from __future__ import annotations

from pathlib import Path

import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.fake import FakeLoader
from model_pool.pool import ModelPool
from model_pool.replica import make_spec
from model_pool.tuning.plan import Origin, Setting
from model_pool.tuning.planner import Planner
from model_pool.tuning.store import TuningRecord, Tunings
from tests.model_pool.tuning.test_store import MEASURED

TUNED = Setting(3, 2, 5, 77)


@pytest.fixture
def checkpoint(catalog: Catalog) -> Checkpoint:
    return catalog.resolve("embedded/en-pt")


@pytest.fixture
def tunings(checkpoint: Checkpoint, tmp_path: Path) -> Tunings:
    """The embedded checkpoint, tuned for the fake engine on this machine."""
    tunings = Tunings(tmp_path / "data")
    tunings.save(TuningRecord.of(make_spec(FakeLoader(), checkpoint).key, TUNED, MEASURED))
    return tunings


def test_auto_uses_the_tuning(checkpoint: Checkpoint, tunings: Tunings) -> None:
    plan = make_spec(FakeLoader(), checkpoint, planner=Planner(tunings=tunings)).plan
    assert plan.setting == TUNED
    assert plan.threads_from is plan.batch_from is Origin.TUNED


def test_explicit_numbers_win_over_the_tuning(checkpoint: Checkpoint, tunings: Tunings) -> None:
    plan = make_spec(FakeLoader(), checkpoint, planner=Planner(Setting(1, 1, 2, 3), tunings)).plan
    assert plan.setting == Setting(1, 1, 2, 3)
    assert plan.threads_from is plan.batch_from is Origin.CONFIGURED


def test_tuning_never_changes_the_replica_key(checkpoint: Checkpoint, tunings: Tunings) -> None:
    tuned, ruled = (
        make_spec(FakeLoader(), checkpoint, planner=Planner(tunings=tunings)),
        make_spec(FakeLoader(), checkpoint),
    )
    assert tuned.key == ruled.key
    assert tuned.plan != ruled.plan


async def test_engine_is_loaded_with_the_plans_threads_and_the_snapshot_says_so(
    checkpoint: Checkpoint, tunings: Tunings
) -> None:
    loader = FakeLoader()
    spec = make_spec(loader, checkpoint, planner=Planner(tunings=tunings))
    pool = ModelPool([loader])
    async with pool.lease(spec):
        assert loader.loaded[0].threads == TUNED.threads
        (snapshot,) = pool.snapshot()
        assert snapshot.plan == spec.plan
    await pool.close()
    assert pool.snapshot()[0].plan is None


async def test_replicas_of_one_pool_batch_each_by_its_own_plan(checkpoint: Checkpoint, tunings: Tunings) -> None:
    tuned = make_spec(FakeLoader(), checkpoint, planner=Planner(tunings=tunings))
    ruled = make_spec(FakeLoader(), checkpoint, compute_type="float32", planner=Planner(tunings=tunings))
    pool = ModelPool([FakeLoader()])
    async with pool.lease(tuned) as one, pool.lease(ruled) as other:
        assert one.resource.batcher._limits.max_items == TUNED.max_items
        assert other.resource.batcher._limits.max_items == ruled.plan.setting.max_items == 16
    await pool.close()
