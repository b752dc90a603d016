"""What a tuning in the data directory does to a server."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from model_pool.catalog.catalog import Catalog
from model_pool.engines.fake import FakeLoader
from model_pool.replica import make_spec
from model_pool.tuning.machine import Machine
from model_pool.tuning.plan import Setting
from model_pool.tuning.store import TuningRecord, Tunings
from tests.app.conftest import EN_PT, Serve
from tests.model_pool.tuning.test_store import MEASURED

TUNED = Setting(3, 2, 5, 77)
TIERS: dict[str, Any] = {"basic": EN_PT}
ABACUS = Machine(processor="Abacus 3000", cpus=1, engine_version="")


def save(tmp_path: Path, **update: object) -> Path:
    """Put a tuning of the embedded checkpoint where `serve` has its data directory."""
    key = make_spec(FakeLoader(), Catalog(tmp_path).resolve("embedded/en-pt")).key
    return Tunings(tmp_path / "data").save(TuningRecord.of(key, TUNED, MEASURED).model_copy(update=update))


def plan_of(client: TestClient) -> dict[str, Any]:
    body = {"text": "a b", "source_language": "en", "target_language": "pt"}
    assert client.post("/translate", json=body).status_code == 200
    plan: dict[str, Any] = client.get("/stats").json()["replicas"][0]["plan"]
    return plan


def test_server_runs_with_the_tuning_and_stats_say_so(serve: Serve, tmp_path: Path) -> None:
    save(tmp_path)
    loader = FakeLoader()
    assert plan_of(serve(loader=loader, tiers=TIERS)) == {
        "inter_threads": 3,
        "intra_threads": 2,
        "threads_from": "tuned",
        "max_items": 5,
        "max_tokens": 77,
        "batch_from": "tuned",
    }
    assert loader.loaded[0].threads == TUNED.threads


def test_server_without_a_tuning_runs_by_the_rule(serve: Serve) -> None:
    plan = plan_of(serve(tiers=TIERS))
    assert (plan["threads_from"], plan["batch_from"], plan["max_items"]) == ("rule", "rule", 16)


def test_numbers_in_the_configuration_win(serve: Serve, tmp_path: Path) -> None:
    save(tmp_path)
    plan = plan_of(serve(tiers=TIERS, engine={"inter_threads": 1}, batching={"max_items": 2}))
    assert (plan["inter_threads"], plan["threads_from"]) == (1, "configured")
    assert (plan["max_items"], plan["batch_from"]) == (2, "configured")


def test_tuning_of_another_machine_is_said_once_in_the_log(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save(tmp_path, machine=ABACUS)
    admin = {"basic": EN_PT | {"keep_alive": 0.0}}
    with caplog.at_level(logging.INFO, "babelpool"):
        client = serve(tiers=admin)
        for _ in range(3):  # each loads anew
            body = {"text": "a b", "source_language": "en", "target_language": "pt"}
            assert client.post("/translate", json=body).status_code == 200
    said = [record for record in caplog.records if "Abacus 3000" in record.getMessage()]
    assert len(said) == 1
    assert said[0].levelno == logging.WARNING
    assert any("runs with" in record.getMessage() and "(rule)" in record.getMessage() for record in caplog.records)


def test_damaged_tuning_never_stops_a_server(serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = save(tmp_path)
    path.write_bytes(b'{"tuning_version": 9')
    with caplog.at_level(logging.WARNING, "babelpool"):
        assert plan_of(serve(tiers=TIERS))["threads_from"] == "rule"
    assert any(path.name in record.getMessage() for record in caplog.records)
