from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.app.conftest import BOTH, EN_PT, PT_EN, Serve

TEXT: dict[str, Any] = {"text": ["one"], "source_lang": "EN", "target_lang": "PT-BR"}


def ask(client: TestClient, **fields: object) -> Any:  # noqa: ANN401 - JSON
    return client.post("/v2/translate", json=TEXT | fields)


def used(client: TestClient, model_type: str, **fields: object) -> str:
    answer = ask(client, model_type=model_type, **fields)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["translations"][0]["model_type_used"])


@pytest.mark.parametrize("asked", ["latency_optimized", "quality_optimized", "prefer_quality_optimized"])
def test_one_tier_is_whatever_is_asked_for(serve: Serve, asked: str) -> None:
    client = serve(tiers={"basic": EN_PT})
    assert used(client, asked) == asked.removeprefix("prefer_")


def test_latency_is_the_default_tier_and_quality_the_last(serve: Serve) -> None:
    client = serve(tiers={"basic": EN_PT, "medium": PT_EN, "premium": BOTH})
    assert used(client, "latency_optimized") == "latency_optimized"
    assert used(client, "quality_optimized") == "quality_optimized"
    back = {"source_lang": "PT", "target_lang": "EN-US"}
    assert ask(client, **back).status_code == 400
    assert ask(client, model_type="quality_optimized", **back).status_code == 200
    pairs = client.get("/v2/glossary-language-pairs").json()["supported_languages"]
    assert [(pair["source_lang"], pair["target_lang"]) for pair in pairs] == [("en", "pt"), ("pt", "en")]


def test_preferred_quality_falls_back_to_latency_and_says_so(serve: Serve) -> None:
    client = serve(tiers={"basic": EN_PT, "premium": PT_EN})
    assert used(client, "prefer_quality_optimized") == "latency_optimized"
    assert ask(client, model_type="quality_optimized").status_code == 400


def test_fallback_of_a_tier_shows_in_the_model_type_and_in_the_warnings(serve: Serve) -> None:
    from model_pool.catalog.checkpoint import Checkpoint
    from model_pool.engines.fake import FakeEngine, FakeLoader
    from model_pool.engines.threads import ThreadPlan

    class Selective(FakeLoader):
        def load(self, checkpoint: Checkpoint, *, device: str, compute_type: str, threads: ThreadPlan) -> FakeEngine:
            if compute_type == "other":
                raise OSError("disk on fire")
            return super().load(checkpoint, device=device, compute_type=compute_type, threads=threads)

    broken = EN_PT | {"compute_type": "other", "fallback": "basic"}
    client = serve(loader=Selective(), tiers={"basic": EN_PT, "premium": broken})
    (one,) = ask(client, model_type="quality_optimized").json()["translations"]
    assert one["model_type_used"] == "latency_optimized"
    assert any("disk on fire" in warning for warning in one["warnings"])
