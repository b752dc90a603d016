"""Deadlines, disconnects, the cache and the fallback, over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from fastapi.testclient import TestClient

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.fake import FakeLoader
from model_pool.engines.threads import ThreadPlan
from model_pool.types import EncodedSegment
from tests.app.conftest import EN_PT, PT_EN, Serve

TEXT = {"text": "one two three", "source_language": "en", "target_language": "pt"}


def test_expired_request_is_a_504_and_its_queued_work_is_dropped(serve: Serve) -> None:
    opened = threading.Event()

    def hold(batch: Sequence[EncodedSegment]) -> None:
        assert opened.wait(30)

    loader = FakeLoader(hook=hold)
    client = serve(loader=loader, tiers={"basic": EN_PT | {"preload": False}})
    try:
        many = [f"text number {number}" for number in range(200)]
        answer = client.post("/translate", json=TEXT | {"text": many}, headers={"X-Request-Timeout": "0.2"})
        assert answer.status_code == 504
        assert answer.json()["code"] == "deadline_exceeded"
        replica = client.get("/stats").json()["replicas"][0]
        assert replica["queued_segments"] == 0
    finally:
        opened.set()
    assert client.post("/translate", json=TEXT).status_code == 200
    assert sum(map(len, loader.loaded[0].batches)) < 100


@pytest.mark.parametrize("timeout", ["0", "-1", "soon"])
def test_senseless_timeout_is_a_422(serve: Serve, timeout: str) -> None:
    answer = serve(tiers={"basic": EN_PT}).post("/translate", json=TEXT, headers={"X-Request-Timeout": timeout})
    assert answer.status_code == 422
    assert "x-request-timeout" in answer.json()["message"].lower()


def test_client_may_ask_for_less_time_and_not_for_more(serve: Serve) -> None:
    loading = threading.Event()

    def slow(_: Checkpoint) -> None:
        assert loading.wait(30)

    client = serve(loader=FakeLoader(on_load=slow), tiers={"basic": EN_PT}, limits={"request_timeout": 0.2})
    try:
        answer = client.post("/translate", json=TEXT, headers={"X-Request-Timeout": "3600"})
        assert answer.status_code == 504
        assert "0.2 s" in answer.json()["message"]
    finally:
        loading.set()


def test_second_request_for_the_same_text_comes_from_the_cache(serve: Serve) -> None:
    loader = FakeLoader()
    client = serve(loader=loader, tiers={"basic": EN_PT, "medium": EN_PT | {"beam_size": 2}})
    first = client.post("/translate", json=TEXT).json()
    second = client.post("/translate", json=TEXT).json()
    other = client.post("/translate", json=TEXT | {"model_type": "medium"}).json()
    assert [first["from_cache"], second["from_cache"], other["from_cache"]] == [False, True, False]
    assert first["translated_text"] == second["translated_text"]
    stats = client.get("/stats").json()["cache"]
    assert stats["hits"] == 1
    assert 'babelpool_cache_lookups_total{result="hit"} 1.0' in client.get("/metrics").text


def test_cache_can_be_switched_off(serve: Serve) -> None:
    client = serve(tiers={"basic": EN_PT}, cache={"max_bytes": 0})
    assert [client.post("/translate", json=TEXT).json()["from_cache"] for _ in range(2)] == [False, False]
    assert client.get("/stats").json()["cache"] is None


def failing(reference: str) -> FakeLoader:
    def load(checkpoint: Checkpoint) -> None:
        if checkpoint.reference == reference:
            raise OSError("disk on fire")

    return FakeLoader(on_load=load)


def test_fallback_answers_and_the_answer_says_so_and_why(serve: Serve) -> None:
    both = {"checkpoints": ["embedded/en-pt"], "compute_type": "other"}
    broken: list[str] = []

    class Selective(FakeLoader):
        def load(self, checkpoint: Checkpoint, *, device: str, compute_type: str, threads: ThreadPlan):  # type: ignore[no-untyped-def] # noqa: ANN202
            if compute_type == "other":
                broken.append(compute_type)
                raise OSError("disk on fire")
            return super().load(checkpoint, device=device, compute_type=compute_type, threads=threads)

    client = serve(loader=Selective(), tiers={"basic": EN_PT, "premium": both | {"fallback": "basic"}})
    answer = client.post("/translate", json=TEXT | {"model_type": "premium"}).json()
    assert (answer["model_type"], answer["tier_used"]) == ("premium", "basic")
    assert any("disk on fire" in warning for warning in answer["warnings"])
    assert client.post("/translate", json=TEXT).json()["tier_used"] == "basic"
    assert broken


def test_without_a_fallback_a_failed_tier_is_an_error(serve: Serve) -> None:
    client = serve(loader=failing("embedded/en-pt"), tiers={"basic": EN_PT})
    assert client.post("/translate", json=TEXT).status_code == 503


def test_fallback_that_cannot_serve_the_pair_leaves_the_first_error(serve: Serve) -> None:
    client: TestClient = serve(
        loader=failing("embedded/en-pt"), tiers={"basic": PT_EN, "premium": EN_PT | {"fallback": "basic"}}
    )
    answer = client.post("/translate", json=TEXT | {"model_type": "premium"})
    assert answer.status_code == 503
    assert "disk on fire" in answer.json()["message"]
