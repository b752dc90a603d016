from __future__ import annotations

import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.devices import available_cpus
from model_pool.engines.fake import FakeLoader
from model_pool.errors import SegmentFailed
from model_pool.replica import make_spec
from model_pool.tuning.grid import thread_plans
from model_pool.tuning.sweep import FINAL_ROUNDS, FIRST_ROUNDS, Sweep
from tests.fakes.words import Words
from tests.model_pool.tuning.test_measure import load


def sweep(catalog: Catalog, loader: FakeLoader) -> Sweep:
    spec = make_spec(loader, catalog.resolve("embedded/en-pt"))
    return Sweep(loader, spec.checkpoint, spec.key, Words(), load(16), seconds=0.0)


async def test_sweep_tries_every_way_to_spend_the_cpus_and_closes_every_engine(catalog: Catalog) -> None:
    loader = FakeLoader()
    findings = await sweep(catalog, loader).run()
    tried = {one.setting.threads for one in findings.tried}
    assert tried == set(thread_plans(device="cpu", cpus=available_cpus()))
    assert {engine.threads for engine in loader.loaded} == tried
    assert all(engine.closed for engine in loader.loaded)


async def test_finals_hold_the_rule_and_their_own_rounds_alone(catalog: Catalog) -> None:
    findings = await sweep(catalog, FakeLoader()).run()
    assert findings.verdict.ruled in findings.finalists
    assert findings.verdict.chosen in findings.finalists
    assert 2 <= len(findings.finalists) <= 4
    assert {len(one.rounds) for one in findings.finalists} == {FINAL_ROUNDS}
    assert {len(one.rounds) for one in findings.others} <= {FIRST_ROUNDS}


async def test_progress_only_grows_and_ends_at_the_whole(catalog: Catalog) -> None:
    told: list[tuple[str, float]] = []
    one = sweep(catalog, FakeLoader())
    one.progress = lambda stage, done: told.append((stage, done))
    await one.run()
    parts = [done for _, done in told]
    assert parts == sorted(parts)
    assert parts[-1] == pytest.approx(1.0)
    assert list(dict.fromkeys(stage for stage, _ in told))[:2] == ["warming up", "first look"]


async def test_failure_in_the_middle_closes_the_engine(catalog: Catalog) -> None:
    def poison(_: object) -> None:
        raise ValueError("cannot digest")

    loader = FakeLoader(hook=poison)
    with pytest.raises(SegmentFailed):
        await sweep(catalog, loader).run()
    assert [engine.closed for engine in loader.loaded] == [True]
