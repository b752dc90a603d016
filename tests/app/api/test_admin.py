from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.keys import hash_key
from model_pool.engines.fake import FakeLoader
from tests.app.conftest import BOTH, Serve

TEXT = {"text": "one two", "source_language": "en", "target_language": "pt"}
ADMIN, USER, WATCHER = "admin-key-0123456789", "user-key-0123456789", "watcher-key-0123456789"
KEYS: list[dict[str, Any]] = [
    {"name": "operator", "sha256": hash_key(ADMIN), "scopes": ["admin"]},
    {"name": "mobile", "sha256": hash_key(USER), "scopes": ["translate"], "characters_per_day": 20},
    {"name": "grafana", "sha256": hash_key(WATCHER), "scopes": ["monitor"]},
]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def client(serve: Serve) -> TestClient:
    tiers = {"basic": BOTH | {"preload": False}}
    return serve(loader=FakeLoader(), tiers=tiers, auth={"keys": KEYS, "protect_monitoring": True})


def states(client: TestClient) -> dict[str, tuple[str, bool]]:
    replicas = client.get("/stats", headers=bearer(WATCHER)).json()["replicas"]
    return {replica["references"][0]: (replica["state"], replica["pinned"]) for replica in replicas}


def admin(client: TestClient, path: str, **body: object) -> Any:  # noqa: ANN401 - the test client has its own httpx
    return client.post(f"/admin/{path}", json=body or None, headers=bearer(ADMIN))


@pytest.mark.parametrize("path", ["reload", "load", "unload", "pin"])
def test_operators_routes_want_an_admin_key(client: TestClient, path: str) -> None:
    body = {"reference": "embedded/en-pt"}
    assert client.post(f"/admin/{path}", json=body).status_code == 401
    assert client.post(f"/admin/{path}", json=body, headers=bearer("nonsense")).status_code == 401
    refused = client.post(f"/admin/{path}", json=body, headers=bearer(USER))
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize("path", ["reload", "load"])
def test_without_keys_nobody_is_an_operator(serve: Serve, path: str) -> None:
    # A page in anybody's browser can post to a server on this machine.
    answer = serve(tiers={"basic": BOTH}).post(f"/admin/{path}", json={"reference": "embedded/en-pt"})
    assert answer.status_code == 403


def test_checkpoint_is_loaded_pinned_and_unloaded_by_its_reference(client: TestClient) -> None:
    assert admin(client, "load", reference="embedded/en-pt").status_code == 200
    assert states(client)["embedded/en-pt"] == ("ready", False)
    assert admin(client, "pin", reference="embedded/en-pt").status_code == 200
    assert states(client)["embedded/en-pt"] == ("ready", True)
    refused = admin(client, "unload", reference="embedded/en-pt")
    assert (refused.status_code, refused.json()["code"]) == (409, "replica_pinned")
    admin(client, "pin", reference="embedded/en-pt", pinned=False)
    done = admin(client, "unload", reference="embedded/en-pt")
    assert len(done.json()["replicas"]) == 1
    assert states(client)["embedded/en-pt"][0] in {"draining", "unloading", "cold"}


def test_unknown_reference_lists_those_that_there_are(client: TestClient) -> None:
    answer = admin(client, "load", reference="embedded/en-fr")
    assert answer.status_code == 404
    assert answer.json()["detail"]["references"] == ["embedded/en-pt", "embedded/pt-en"]


def test_reload_reports_what_changed(client: TestClient) -> None:
    answer = admin(client, "reload")
    assert answer.json() == {"added": [], "removed": [], "tiers": ["basic"], "needs_restart": []}


def test_translating_wants_a_key_with_its_scope_and_monitoring_its_own(client: TestClient) -> None:
    missing = client.post("/translate", json=TEXT)
    assert missing.status_code == 401
    assert missing.headers["www-authenticate"].startswith("Bearer")
    assert client.post("/translate", json=TEXT, headers=bearer(WATCHER)).status_code == 403
    assert client.post("/translate", json=TEXT, headers=bearer(USER)).status_code == 200
    assert client.post("/translate", json=TEXT, headers={"X-API-Key": USER}).status_code == 200
    for path in ("/stats", "/metrics"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers=bearer(USER)).status_code == 403
        assert client.get(path, headers=bearer(WATCHER)).status_code == 200
    assert client.get("/live").status_code == 200


def test_quota_is_charged_and_refused_with_the_time_to_come_back(client: TestClient) -> None:
    ask = TEXT | {"text": "twelve chars"}
    assert client.post("/translate", json=ask, headers=bearer(USER)).status_code == 200
    refused = client.post("/translate", json=ask, headers=bearer(USER))
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert int(refused.headers["retry-after"]) > 0


def test_cors_is_off_unless_configured(serve: Serve) -> None:
    origin = {"Origin": "https://chat.example.org"}
    closed, open_ = (
        serve(tiers={"basic": BOTH}, server={"cors_origins": origins}).post("/translate", json=TEXT, headers=origin)
        for origins in ((), ("https://chat.example.org",))
    )
    assert "access-control-allow-origin" not in closed.headers
    assert open_.headers["access-control-allow-origin"] == "https://chat.example.org"


def test_every_answer_forbids_sniffing_and_pages_have_a_policy(serve: Serve) -> None:
    client = serve(tiers={"basic": BOTH})
    assert client.post("/translate", json=TEXT).headers["x-content-type-options"] == "nosniff"
    assert "script-src" in client.get("/docs").headers["content-security-policy"]
