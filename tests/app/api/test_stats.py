from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from model_pool.engines.fake import FakeLoader
from tests.app.conftest import EN_PT, PT_EN, Serve

OLDER_EXAMPLE: dict[str, dict[str, Any]] = {"basic": EN_PT, "medium": EN_PT | {"beam_size": 2}, "premium": PT_EN}
EN_TEXT = {"text": "The house is red.", "source_language": "en", "target_language": "pt"}


def settled(client: TestClient) -> TestClient:
    """The client, once every preloaded replica has been loaded and tried."""
    for tier, source, target in (("basic", "en", "pt"), ("premium", "pt", "en")):
        body = {"text": "a b", "source_language": source, "target_language": target, "model_type": tier}
        assert client.post("/translate", json=body).status_code == 200
    while client.get("/ready").status_code != 200:
        pass
    return client


def samples(client: TestClient) -> dict[str, dict[tuple[str, ...], float]]:
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_older_systems_own_example_gives_its_numbers(serve: Serve) -> None:
    loader = FakeLoader()
    stats = settled(serve(loader=loader, tiers=OLDER_EXAMPLE)).get("/stats").json()
    assert stats["total_model_types"] == 3
    assert stats["unique_models_loaded"] == 2
    assert stats["shared_models_count"] == 1
    assert stats["models_saved"] == 1
    assert stats["optimization_ratio"] == pytest.approx(1 / 3)
    assert list(stats["shared_models_info"]) == ["embedded/en-pt"]
    assert stats["shared_models_info"]["embedded/en-pt"]["users"] == ["basic", "medium"]
    assert stats["shared_models_info"]["embedded/en-pt"]["loaded_at"]
    assert len(loader.loaded) == 2


def test_saved_memory_is_the_footprint_of_the_copies_that_are_not_there(serve: Serve) -> None:
    stats = settled(serve(tiers=OLDER_EXAMPLE)).get("/stats").json()
    shared, alone = stats["replicas"]
    assert shared["footprint_bytes"] > 0
    assert stats["memory_saved_bytes"] == shared["footprint_bytes"]
    assert stats["memory_used_bytes"] == shared["footprint_bytes"] + alone["footprint_bytes"]
    assert stats["estimated_memory_saved_mb"] == pytest.approx(shared["footprint_bytes"] / 2**20, abs=0.01)


def test_three_default_tiers_load_each_checkpoint_once(server: TestClient) -> None:
    server.post("/translate", json=EN_TEXT)
    stats = server.get("/stats").json()
    assert stats["models_saved"] == 4
    for replica in stats["replicas"]:
        assert replica["tiers"] == ["basic", "medium", "premium"]
        assert replica["loads"] == 1
        assert replica["state"] == "ready"
        assert replica["compute_type"] == "int8_float32"
        assert 18e6 < replica["footprint_bytes"] < 100e6


def test_stats_before_any_load_claim_nothing(serve: Serve) -> None:
    lazy = {name: tier | {"preload": False} for name, tier in OLDER_EXAMPLE.items()}
    stats = serve(tiers=lazy).get("/stats").json()
    assert stats["unique_models_loaded"] == 0
    assert stats["memory_saved_bytes"] == stats["memory_used_bytes"] == 0
    assert [replica["state"] for replica in stats["replicas"]] == ["cold", "cold"]
    assert stats["translations_count"] == 0
    assert stats["avg_processing_time"] == 0


def test_work_is_counted_per_replica(serve: Serve) -> None:
    client = settled(serve(tiers=OLDER_EXAMPLE))
    before = client.get("/stats").json()
    client.post("/translate", json=EN_TEXT | {"text": ["one two", "three four five"]})
    after = client.get("/stats").json()
    assert after["translations_count"] - before["translations_count"] == 2
    assert after["replicas"][0]["segments"] - before["replicas"][0]["segments"] == 2
    assert after["replicas"][1]["segments"] == before["replicas"][1]["segments"]
    assert after["replicas"][0]["leases"] == after["replicas"][0]["queued_segments"] == 0
    assert after["avg_processing_time"] > 0


def test_metrics_tell_requests_tokens_states_and_sharing(serve: Serve) -> None:
    client = settled(serve(tiers=OLDER_EXAMPLE))
    client.get("/no/such/path")
    found = samples(client)
    assert found["babelpool_http_requests_total"]["POST", "/translate", "200"] == 2
    assert found["babelpool_http_requests_total"]["GET", "unmatched", "404"] == 1
    assert found["babelpool_translations_total"]["en", "pt", "basic"] == 1
    assert found["babelpool_replicas"]["ready",] == 2
    assert sum(found["babelpool_replica_loads_total"].values()) == 2
    assert found["babelpool_replicas_saved"][()] == 1
    assert found["babelpool_memory_saved_bytes"][()] > 0
    assert sum(found["babelpool_queue_duration_seconds_count"].values()) >= 2
    assert sum(found["babelpool_batch_segments_count"].values()) >= 2


def test_paths_that_nobody_serves_are_one_series(serve: Serve) -> None:
    client = serve(tiers={"basic": EN_PT})
    for number in range(20):
        client.get(f"/random/{number}")
    series = [labels for labels in samples(client)["babelpool_http_requests_total"] if labels[1] == "unmatched"]
    assert len(series) == 1


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (apt-get install prometheus)")
def test_promtool_finds_nothing_to_complain_about(server: TestClient) -> None:
    server.post("/translate", json=EN_TEXT)
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=server.get("/metrics").content, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
