from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.keys import hash_key, new_key
from tests.app.conftest import EN_PT, Serve

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SOURCES = [{"language": "EN", "name": "English"}]
TARGETS = [
    {"language": "PT-BR", "name": "Portuguese (Brazil)", "supports_formality": False},
    {"language": "PT-PT", "name": "Portuguese (Portugal)", "supports_formality": False},
]


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve(tiers={"basic": EN_PT})


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("sent", "listed"),
    [
        ({}, SOURCES),
        ({"params": {"type": "source"}}, SOURCES),
        ({"params": {"type": "target"}}, TARGETS),
        ({"content": b"type=source", "headers": FORM}, SOURCES),
        ({"content": b"type=target", "headers": FORM}, TARGETS),
        ({"json": {"type": "target"}}, TARGETS),
    ],
)
def test_languages_are_asked_for_in_the_query_or_in_a_form_even_with_get(
    client: TestClient, method: str, sent: dict[str, Any], listed: object
) -> None:
    assert client.request(method, "/v2/languages", **sent).json() == listed


@pytest.mark.parametrize(
    "sent",
    [
        {"params": {"type": "both"}},
        {"content": b"type=both", "headers": FORM},
        {"content": b"type=source&type=target", "headers": FORM},
        {"content": b"type=%ff", "headers": FORM},
        {"json": {"type": ["target"]}},
        {"json": ["target"]},
    ],
)
def test_languages_of_another_type_are_a_400(client: TestClient, sent: dict[str, Any]) -> None:
    answer = client.request("GET", "/v2/languages", **sent)
    assert (answer.status_code, answer.json()["detail"]) == (400, "invalid_request")


def test_usage_without_a_quota_is_deepls_unlimited(client: TestClient) -> None:
    assert client.get("/v2/usage").json() == {"character_count": 0, "character_limit": 1_000_000_000_000}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/v2/write/rephrase", 404, "not_offered"),
        ("GET", "/v2/admin/developer-keys", 404, "not_offered"),
        ("GET", "/v3/style_rules", 404, "not_offered"),
        ("PUT", "/v3/style_rules/1/configured_rules", 404, "not_offered"),
        ("GET", "/v3/languages?product=translate_text", 404, "not_offered"),
        ("POST", "/v3/voice/realtime", 404, "not_offered"),
        ("GET", "/v2/nothing", 404, "not_found"),
        ("GET", "/v2/translate", 405, "method_not_allowed"),
    ],
)
def test_path_that_does_not_answer_says_so_in_deepls_shape(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["detail"]) == (status, code)
    assert set(answer.json()) == {"message", "detail"}


def test_every_path_asks_for_a_key_before_it_reads_the_body(serve: Serve) -> None:
    key = {"name": "k", "sha256": hash_key(new_key())}
    client = serve(tiers={"basic": EN_PT}, auth={"keys": [key]})
    paths = {
        (method.upper(), path)
        for path, methods in client.get("/openapi.json").json()["paths"].items()
        for method in methods
        if path.startswith(("/v2/", "/v3/"))
    }
    assert len(paths) > 15
    for method, path in paths:
        for headers in ({}, {"Authorization": "DeepL-Auth-Key wrong"}):
            answer = client.request(method, path, content=b"{", headers=headers)
            assert answer.status_code == 403, (method, path)
            assert set(answer.json()) == {"message", "detail"}
