from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.app.conftest import BOTH, EN_PT, Serve
from tests.embedded import HOUSE_IN_PORTUGUESE, WALK_IN_PORTUGUESE, WEATHER_IN_PORTUGUESE

WEATHER = {
    "text": "The weather is nice today. Shall we walk?",
    "source_language": "en",
    "target_language": "pt",
    "model_type": "basic",
}


def post(server: TestClient, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
    answer = server.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_translation_has_every_field_that_the_older_systems_clients_read(server: TestClient) -> None:
    answer = post(server, "/translate", WEATHER)
    assert answer["translated_text"] == f"{WEATHER_IN_PORTUGUESE} {WALK_IN_PORTUGUESE}"
    assert answer["original_text"] == WEATHER["text"]
    assert (answer["source_language"], answer["target_language"]) == ("en", "pt")
    assert 0 < answer["confidence_score"] <= 1
    assert answer["processing_time_ms"] >= 0
    assert answer["from_cache"] is False
    assert answer["warnings"] == []


def test_model_used_names_checkpoint_digest_and_compute_type(server: TestClient) -> None:
    replica = next(r for r in server.get("/stats").json()["replicas"] if r["references"] == ["embedded/en-pt"])
    answer = post(server, "/translate", WEATHER)
    assert answer["model_used"] == f"embedded/en-pt#{replica['digest'][:12]}:{replica['compute_type']}"


def test_list_of_texts_is_answered_with_lists_in_the_same_order(server: TestClient) -> None:
    texts = ["Shall we walk?", "", "The house is red."]
    answer = post(server, "/translate", {"text": texts, "source_language": "en", "target_language": "pt"})
    assert answer["original_text"] == texts
    assert answer["translated_text"] == [WALK_IN_PORTUGUESE, "", HOUSE_IN_PORTUGUESE]
    for field in ("source_language", "model_used", "confidence_score"):
        assert len(answer[field]) == 3


def test_source_defaults_to_auto_and_the_tier_to_the_configured_one(server: TestClient) -> None:
    answer = post(server, "/translate", {"text": "A casa é vermelha e grande.", "target_language": "en"})
    assert answer["source_language"] == "pt"
    assert answer["model_type"] == "basic"
    assert answer["translated_text"] == "The house is red and large."


@pytest.mark.parametrize("tier", ["basic", "medium", "premium"])
def test_every_default_tier_answers(server: TestClient, tier: str) -> None:
    answer = post(server, "/translate", WEATHER | {"model_type": tier})
    assert answer["model_type"] == tier
    assert "tempo" in answer["translated_text"]


def test_batch_takes_a_bare_array_of_requests(server: TestClient) -> None:
    back = {"text": "Vamos andar?", "source_language": "pt", "target_language": "en", "model_type": "medium"}
    results = post(server, "/translate/batch", [WEATHER, back])["results"]
    assert results[0]["translated_text"] == f"{WEATHER_IN_PORTUGUESE} {WALK_IN_PORTUGUESE}"
    assert (results[1]["target_language"], results[1]["model_type"]) == ("en", "medium")
    assert post(server, "/translate/batch", []) == {"results": []}


def test_detection_tells_a_real_confidence(server: TestClient) -> None:
    sure = post(server, "/detect-language", {"text": "A casa é vermelha e muito grande."})
    assert sure["language"] == "pt"
    assert 0.5 < sure["confidence"] <= 1
    assert sure["candidates"][0] == {"language": "pt", "confidence": sure["confidence"]}


def test_languages_and_models_describe_what_is_served(server: TestClient) -> None:
    assert server.get("/languages").json() == [
        {"code": "en", "name": "English", "targets": ["pt"], "pivoted": {}},
        {"code": "pt", "name": "Portuguese", "targets": ["en"], "pivoted": {}},
    ]
    models = server.get("/models").json()["available_models"]
    assert list(models) == ["basic", "medium", "premium"]
    assert models["premium"]["languages"] == ["en", "pt"]
    assert [model["default"] for model in models.values()] == [True, False, False]
    assert all(model["name"] and model["description"] for model in models.values())


ERRORS: list[tuple[object, int, str]] = [
    (WEATHER | {"model_type": "gold"}, 404, "unknown_tier"),
    (WEATHER | {"target_language": "fr"}, 400, "unknown_language"),
    (WEATHER | {"source_language": "xx"}, 400, "unknown_language"),
    (WEATHER | {"text": ["x"] * 10_001}, 413, "text_too_large"),
    (WEATHER | {"text": 5}, 422, "invalid_request"),
    (WEATHER | {"text": []}, 422, "invalid_request"),
    (WEATHER | {"text": "a\ud800b"}, 400, "invalid_json"),
    (WEATHER | {"txt": "x"}, 422, "invalid_request"),
    ({"text": "x"}, 422, "invalid_request"),
    ([], 422, "invalid_request"),
    ({"text": "Привет, как дела?", "target_language": "pt"}, 400, "undecidable_language"),
]


@pytest.mark.parametrize(("body", "status", "code"), ERRORS)
def test_mistake_is_answered_in_the_one_shape(server: TestClient, body: object, status: int, code: str) -> None:
    import json

    answer = server.post("/translate", content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code == status
    problem = answer.json()
    assert set(problem) == {"code", "message", "detail"}
    assert problem["code"] == code
    assert isinstance(problem["message"], str)
    assert problem["message"]


@pytest.mark.parametrize("body", [b'{"text": "caf\xe9"}', b"\xc3", b"{", b"", b"\x00\x00"])
def test_body_that_is_no_json_in_utf_8_is_a_400(server: TestClient, body: bytes) -> None:
    answer = server.post("/translate", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text
    assert set(answer.json()) == {"code", "message", "detail"}
    if body:
        assert answer.status_code == 400
        assert "JSON" in answer.json()["message"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("DELETE", "/translate", 405)])
def test_wrong_path_or_method_is_answered_in_the_one_shape(
    server: TestClient, method: str, path: str, status: int
) -> None:
    answer = server.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message", "detail"}


def test_failed_load_is_a_503_that_says_when_to_come_back_and_is_never_a_translation(serve: Serve) -> None:
    # Meeshy: error text came back as a translation with HTTP 200.
    from model_pool.catalog.checkpoint import Checkpoint
    from model_pool.engines.fake import FakeLoader

    def fail(_: Checkpoint) -> None:
        raise OSError("disk on fire")

    client = serve(loader=FakeLoader(on_load=fail), tiers={"basic": EN_PT})
    answer = client.post("/translate", json=WEATHER)
    assert answer.status_code == 503
    assert answer.json()["code"] == "load_failed"
    assert "disk on fire" in answer.json()["message"]
    assert int(answer.headers["retry-after"]) >= 1


def test_bug_is_a_500_without_internals(serve: Serve) -> None:
    class Broken:
        languages = frozenset({"en"})

        def detect(self, text: str, served: object) -> None:
            raise RuntimeError("secret detail")

    client = serve(tiers={"basic": BOTH})
    client.app_state["reloader"].services.translator._detector = Broken()
    answer = client.post("/translate", json={"text": "hello there", "target_language": "pt"})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text


def test_full_server_answers_429_with_retry_after(serve: Serve) -> None:
    client = serve(tiers={"basic": EN_PT}, limits={"max_requests_in_flight": 1})
    admission = client.app_state["reloader"].services.admission
    admission.in_flight = 1
    answer = client.post("/translate", json=WEATHER)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"


def test_openapi_describes_every_error_of_the_translating_routes(server: TestClient) -> None:
    paths = server.get("/openapi.json").json()["paths"]
    for path in ("/translate", "/translate/batch", "/detect-language"):
        responses = paths[path]["post"]["responses"]
        assert {"200", "400", "404", "413", "422", "429", "500", "503"} <= set(responses)
        for status, response in responses.items():
            schema = response["content"]["application/json"]["schema"]
            assert (schema["$ref"].endswith("/ErrorResponse")) == (status != "200")


def test_documentation_pages_need_no_other_host(server: TestClient) -> None:
    assert server.get("/", follow_redirects=False).headers["location"] == "docs"
    for path in ("/docs", "/redoc"):
        page = server.get(path)
        assert page.status_code == 200
        assert "https://" not in page.text
        assert "http://" not in page.text


@pytest.mark.parametrize("kind", ["text/plain", ""])
def test_body_that_is_not_announced_as_json_is_a_415(server: TestClient, kind: str) -> None:
    # A page of another origin can send these without asking the server first.
    answer = server.post("/translate", content=b'{"text": "x"}', headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
