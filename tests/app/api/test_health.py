from __future__ import annotations

import threading
from collections.abc import Sequence

from fastapi.testclient import TestClient

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.fake import FakeLoader
from model_pool.errors import DeviceLost
from model_pool.types import EncodedSegment
from tests.app.conftest import EN_PT, PT_EN, Serve
from tests.reliability.wire import eventually


def test_real_server_is_live_ready_and_healthy(server: TestClient) -> None:
    for path in ("/live", "/ready", "/health"):
        answer = server.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_server_is_live_but_not_ready_while_it_loads(serve: Serve) -> None:
    loaded = threading.Event()

    def slow(_: Checkpoint) -> None:
        assert loaded.wait(30)

    client = serve(loader=FakeLoader(on_load=slow), tiers={"basic": EN_PT})
    try:
        assert client.get("/live").status_code == 200
        for path in ("/ready", "/health"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert answer.json()["code"] == "not_ready"
            assert answer.json()["detail"]["reasons"] == ["embedded/en-pt (tiers basic) is loading"]
            assert answer.headers["retry-after"] == "1"
    finally:
        loaded.set()
    assert client.post("/translate", json={"text": "x y", "source_language": "en", "target_language": "pt"}).is_success
    assert client.get("/ready").status_code == 200


def test_failed_load_is_told_with_its_reason_and_the_other_tier_serves(serve: Serve) -> None:
    def fail(checkpoint: Checkpoint) -> None:
        if checkpoint.reference == "embedded/pt-en":
            raise OSError("disk on fire")

    client = serve(loader=FakeLoader(on_load=fail), tiers={"basic": EN_PT, "back": PT_EN})
    body = {"text": "x y", "source_language": "en", "target_language": "pt", "model_type": "basic"}
    assert client.post("/translate", json=body).status_code == 200
    other = {"text": "x y", "source_language": "pt", "target_language": "en", "model_type": "back"}
    assert client.post("/translate", json=other).status_code == 503
    (reason,) = client.get("/ready").json()["detail"]["reasons"]
    assert reason.startswith("embedded/pt-en (tiers back) is failed: ")
    assert "disk on fire" in reason


def test_tier_that_is_not_preloaded_does_not_hold_up_readiness(serve: Serve) -> None:
    loader = FakeLoader()
    client = serve(loader=loader, tiers={"basic": EN_PT, "lazy": PT_EN | {"preload": False}})
    client.post("/translate", json={"text": "x y", "source_language": "en", "target_language": "pt"})
    assert client.get("/ready").status_code == 200
    assert len(loader.loaded) == 1


def test_replica_that_stopped_translating_makes_the_server_unready(serve: Serve) -> None:
    # A server that says OK while nothing works is how llama-swap #946 stayed unseen.
    broken = threading.Event()

    def hook(_: Sequence[EncodedSegment]) -> None:
        if broken.is_set():
            raise DeviceLost("illegal memory access")

    client = serve(loader=FakeLoader(hook=hook), tiers={"basic": EN_PT}, health={"canary_max_age": 0.001})
    client.post("/translate", json={"text": "x y", "source_language": "en", "target_language": "pt"})
    assert client.get("/ready").status_code == 200
    broken.set()
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert "illegal memory access" in answer.text


def test_canary_is_not_run_again_within_its_age(serve: Serve) -> None:
    loader = FakeLoader()
    client = serve(loader=loader, tiers={"basic": EN_PT}, health={"canary_max_age": 1000})
    client.post("/translate", json={"text": "x y", "source_language": "en", "target_language": "pt"})
    client.get("/ready")
    before = len(loader.loaded[0].batches)
    for _ in range(5):
        client.get("/ready")
    assert len(loader.loaded[0].batches) == before


def test_preloaded_replica_that_left_when_idle_does_not_make_the_server_unready(serve: Serve) -> None:
    """Who balances load sends nothing to a server that is not ready, so nobody would ever load it again."""
    loader = FakeLoader()
    client = serve(loader=loader, tiers={"basic": EN_PT | {"keep_alive": 0}})
    body = {"text": "x y", "source_language": "en", "target_language": "pt"}
    assert client.post("/translate", json=body).is_success
    assert eventually(lambda: loader.loaded[-1].closed)
    assert client.get("/ready").status_code == 200
    assert client.post("/translate", json=body).is_success


def test_preloaded_replica_that_failed_once_is_tried_again_by_those_who_ask_for_readiness(serve: Serve) -> None:
    attempts = 0

    def fail_once(_: Checkpoint) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise OSError("disk on fire")

    loader = FakeLoader(on_load=fail_once)
    client = serve(loader=loader, tiers={"basic": EN_PT}, pool={"failure_cooldown": 0.05})
    assert eventually(lambda: client.get("/ready").status_code == 200)
    assert attempts == 2
