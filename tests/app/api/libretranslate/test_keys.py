from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.libretranslate.reading import KEYLESS_BYTES
from app.keys import hash_key, new_key
from tests.app.conftest import EN_PT, Serve

KEY, MONITOR, SLOW = new_key(), new_key(), new_key()
KEYS: list[dict[str, Any]] = [
    {"name": "mastodon", "sha256": hash_key(KEY), "characters_per_day": 600_000},
    {"name": "grafana", "sha256": hash_key(MONITOR), "scopes": ["monitor"]},
    {"name": "slow", "sha256": hash_key(SLOW), "requests_per_minute": 1},
]
BODY = {"q": "x y", "source": "en", "target": "pt"}


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve(tiers={"basic": EN_PT}, auth={"keys": KEYS})


def translated(answer: Any) -> bool:  # noqa: ANN401 - the test client's response
    return bool(answer.status_code == 200 and answer.json() == {"translatedText": "x y"})


def refused(answer: Any, status: int) -> bool:  # noqa: ANN401
    return bool(answer.status_code == status and list(answer.json()) == ["error"])


def encodings(fields: dict[str, str]) -> list[dict[str, Any]]:
    multipart = {name: (None, value) for name, value in fields.items()}
    return [{"json": fields}, {"data": fields}, {"params": fields}, {"files": multipart}]


@pytest.mark.parametrize("request_", encodings(BODY | {"api_key": KEY}))
def test_key_may_be_a_field_in_any_encoding(client: TestClient, request_: dict[str, Any]) -> None:
    assert translated(client.post("/translate", **request_))
    assert client.post("/detect", **request_).status_code == 200


@pytest.mark.parametrize("request_", encodings(BODY))
def test_key_may_be_in_a_header_or_in_the_query_as_well(client: TestClient, request_: dict[str, Any]) -> None:
    params = request_.get("params", {})
    assert translated(client.post("/translate", headers={"X-API-Key": KEY}, **request_))
    assert translated(client.post("/translate", **(request_ | {"params": params | {"api_key": KEY}})))


@pytest.mark.parametrize(
    ("key", "status"), [(None, 400), ("", 400), ("nonsense", 403), pytest.param(MONITOR, 403, id="monitor")]
)
def test_missing_and_wrong_keys_have_the_statuses_that_clients_know(
    client: TestClient, key: str | None, status: int
) -> None:
    for request in encodings(BODY | ({} if key is None else {"api_key": key})):
        for path in ("/translate", "/detect"):
            assert refused(client.post(path, **request), status)


@pytest.mark.parametrize("key", [5, ["x"], {"a": 1}])
def test_key_that_is_no_text_is_no_key(client: TestClient, key: object) -> None:
    assert refused(client.post("/translate", json=BODY | {"api_key": key}), 400)


def test_wrong_key_in_a_header_is_told_in_the_dialect_that_a_form_shows(client: TestClient) -> None:
    headers = {"X-API-Key": "nonsense"}
    assert refused(client.post("/translate", data=BODY, headers=headers), 403)
    assert client.post("/translate", json=BODY, headers=headers).json()["code"] == "key_unknown"


def test_native_request_without_a_key_is_still_a_401(client: TestClient) -> None:
    bodies: list[object] = [{"text": "x", "target_language": "pt"}, {}, [], BODY | {"text": "x"}]
    for body in bodies:
        answer = client.post("/translate", json=body)
        assert answer.status_code in {401, 422}
        assert "code" in answer.json()
    assert client.post("/translate", json={"text": "x"}).json()["code"] == "key_required"


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_body_of_a_stranger_is_not_read_beyond_a_bound(client: TestClient, kind: str) -> None:
    answer = client.post("/translate", content=b"x" * 1_000_000, headers={"content-type": kind})
    assert answer.status_code in {400, 401}
    assert "X-API-Key" in answer.text
    late = client.post("/detect", content=b"q=" + b"x" * KEYLESS_BYTES, headers={"content-type": kind})
    assert late.status_code == 400
    assert "?api_key=" in late.json()["error"]


def test_long_body_passes_with_its_key_in_the_query_or_a_header(client: TestClient) -> None:
    long = BODY | {"q": "x " * KEYLESS_BYTES}
    assert refused(client.post("/translate", data=long | {"api_key": KEY}), 400)
    assert client.post("/translate", data=BODY | {"q": "x " * 20_000, "api_key": KEY}).status_code == 200
    assert client.post("/translate", data=long, params={"api_key": KEY}).status_code == 200


def test_quota_is_a_403_and_a_rate_is_a_429(client: TestClient) -> None:
    too_much = client.post("/translate", json=BODY | {"q": ["x" * 300_001] * 2}, headers={"X-API-Key": KEY})
    assert refused(too_much, 403)
    assert "characters per day" in too_much.json()["error"]
    assert translated(client.post("/translate", json=BODY | {"api_key": SLOW}))
    again = client.post("/translate", json=BODY | {"api_key": SLOW})
    assert refused(again, 429)
    assert int(again.headers["retry-after"]) > 0


def test_request_is_counted_once_however_its_key_comes(serve: Serve) -> None:
    twice = KEYS[2] | {"requests_per_minute": 2}
    for request in (*encodings(BODY | {"api_key": SLOW}), {"json": BODY, "headers": {"X-API-Key": SLOW}}):
        client = serve(tiers={"basic": EN_PT}, auth={"keys": [twice]})
        assert [client.post("/translate", **request).status_code for _ in range(3)] == [200, 200, 429]


def test_no_key_is_shown_in_an_error(client: TestClient) -> None:
    for path in ("/translate", "/detect", f"/detect?api_key={KEY}x"):
        for request in encodings(BODY | {"api_key": KEY + "x"}):
            assert KEY not in client.post(path, **request).text


def test_languages_and_settings_need_no_key(client: TestClient) -> None:
    # Mastodon, Weblate and Discourse ask for the languages without one.
    assert [one["code"] for one in client.get("/languages").json()] == ["en", "pt"]
    settings = client.get("/frontend/settings").json()
    assert settings["apiKeys"] is settings["keyRequired"] is True
