from __future__ import annotations

import logging
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from app.api import native
from app.auth import GuardedRoute
from app.keys import ApiKey, hash_key, new_key
from app.main import create_app
from app.settings import ConfigSource, ConfigurationError, Settings, load_settings
from app.telemetry.logs import configure_logging
from model_pool.engines.fake import FakeLoader
from tests.app.conftest import EN_PT, Configure, Serve

KEY, ADMIN, SLOW = new_key(), new_key(), new_key()
AUTH: dict[str, Any] = {
    "keys": [
        {"name": "mobile", "sha256": hash_key(KEY), "characters_per_day": 10},
        {"name": "ops", "sha256": hash_key(ADMIN), "scopes": ["admin"]},
        {"name": "slow", "sha256": hash_key(SLOW), "requests_per_minute": 1},
    ]
}
BODY = {"text": "x y", "source_language": "en", "target_language": "pt"}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def guarded(serve: Serve, **auth: object) -> TestClient:
    return serve(tiers={"basic": EN_PT}, auth=AUTH | auth)


def test_translating_needs_a_key_and_health_does_not(serve: Serve) -> None:
    client = guarded(serve)
    for path in ("/translate", "/translate/batch", "/detect-language"):
        answer = client.post(path, content=b"not even json")
        assert (answer.status_code, answer.json()["code"]) == (401, "key_required")
        assert answer.headers["www-authenticate"] == 'Bearer realm="babelpool"'
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/models").status_code == 401
    assert client.post("/translate", json=BODY, headers=bearer(KEY)).status_code == 200
    assert client.post("/translate", json=BODY, headers=bearer(ADMIN)).json()["code"] == "scope_missing"
    for path in ("/live", "/ready", "/health", "/languages", "/metrics", "/stats", "/docs", "/openapi.json"):
        assert client.get(path).status_code == 200


def test_every_translating_route_is_guarded() -> None:
    assert native.router.dependencies
    assert all(isinstance(route, GuardedRoute) for route in native.router.routes)


def test_monitoring_can_be_protected(serve: Serve) -> None:
    client = guarded(serve, protect_monitoring=True)
    for path in ("/metrics", "/stats"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers=bearer(KEY)).status_code == 403
        assert client.get(path, headers=bearer(ADMIN)).status_code == 200
    assert client.get("/live").status_code == 200


def test_characters_are_charged_for_texts_and_lists_and_given_back_on_failure(serve: Serve) -> None:
    client = guarded(serve)
    wrong = BODY | {"target_language": "fr", "text": "x" * 9}
    assert client.post("/translate", json=wrong, headers=bearer(KEY)).status_code == 400
    assert client.post("/translate", json=BODY | {"text": ["123", "456"]}, headers=bearer(KEY)).status_code == 200
    assert client.post("/translate/batch", json=[BODY], headers=bearer(KEY)).status_code == 200
    answer = client.post("/translate", json=BODY, headers=bearer(KEY))
    assert (answer.status_code, answer.json()["code"]) == (429, "quota_exceeded")
    assert answer.json()["detail"] == {"characters_per_day": 10, "left": 1, "asked": 3}
    assert 86_000 < int(answer.headers["retry-after"]) <= 86_400


def test_rate_of_a_key_is_limited(serve: Serve) -> None:
    client = guarded(serve)
    assert client.get("/models", headers=bearer(SLOW)).status_code == 200
    assert client.get("/models", headers=bearer(SLOW)).json()["code"] == "rate_limited"


def test_no_key_in_answers_metrics_stats_or_log(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    shown = []
    with caplog.at_level(logging.DEBUG):
        client = guarded(serve)
        for key in (KEY, KEY + "x"):
            for path in ("/translate", f"/translate?api_key={key}", "/nowhere"):
                for headers in (bearer(key), {"X-API-Key": key}):
                    shown += [client.post(path, json=body, headers=headers).text for body in (BODY, {}, [key])]
        shown += [client.get(path).text for path in ("/metrics", "/stats")]
    shown += [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]  # the test's own
    for text in shown:
        assert KEY not in text
        assert hash_key(KEY) not in text


def test_access_log_shows_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    root, access = logging.getLogger(), logging.getLogger("uvicorn.access")
    before, level, filters = root.handlers[:], root.level, access.filters[:]
    try:
        configure_logging("info")
        line = '%s - "%s %s HTTP/%s" %d'
        access.info(line, "192.0.2.7:5", "POST", f"/translate?q=x&api_key={KEY}", "1.1", 200)
        assert "/translate?q=x&api_key=***" in (shown := capsys.readouterr().err)
        assert KEY not in shown
    finally:
        root.handlers, root.level, access.filters = before, level, filters


def test_settings_do_not_show_hashes_and_faults_do_not_show_keys(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hash_key(KEY) not in repr(configure(auth=AUTH))
    config = tmp_path / "config.toml"
    for place in (f'sha256 = "{KEY}"', f'key = "{KEY}"', f'sha256 = "{hash_key(KEY)}"\nscopes = ["{KEY}"]'):
        config.write_text(f'[auth]\n[[auth.keys]]\nname = "mobile"\n{place}\n', encoding="utf-8")
        with pytest.raises(ConfigurationError, match=r"auth\.keys\.0") as caught:
            load_settings(config)
        assert KEY not in str(caught.value)
        with pytest.raises(ValueError, match="auth") as raw:
            Settings(**(configure().model_dump() | {"auth": {"keys": [{"name": "x", "sha256": KEY}]}}))
        assert KEY not in str(raw.value)


def test_misspelt_setting_of_a_key_is_named_with_its_neighbour(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    text = f'[[auth.keys]]\nname = "mobile"\nsha256 = "{hash_key(KEY)}"\nscope = ["admin"]\n'
    config.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"auth\.keys\.0\.scope \(line 4\).*Did you mean scopes"):
        load_settings(config)


def test_keys_may_come_from_a_file_or_the_environment(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys"
    path.write_text(f"mobile:{hash_key(KEY)}\n", encoding="utf-8")
    path.chmod(0o600)
    client = serve(tiers={"basic": EN_PT}, auth={"key_file": str(path)})
    assert client.get("/models").status_code == 401
    assert client.get("/models", headers=bearer(KEY)).status_code == 200
    monkeypatch.setenv("BABELPOOL_AUTH__KEYS", f'[{{"name": "env", "sha256": "{hash_key(KEY)}"}}]')
    assert [key.name for key in load_settings().auth.keys] == ["env"]


def test_key_file_with_a_fault_ends_the_start(serve: Serve, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        serve(auth={"key_file": str(tmp_path / "nowhere")})


@pytest.mark.parametrize(
    ("auth", "sentence"),
    [
        ({"protect_monitoring": True}, "needs keys"),
        ({"keys": [AUTH["keys"][0], AUTH["keys"][0]]}, "two keys are called 'mobile'"),
    ],
)
def test_configuration_that_locks_out_or_confuses_is_refused(
    configure: Configure, auth: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        configure(auth=auth)


def test_open_server_that_others_can_reach_says_so_once(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        serve(tiers={"basic": EN_PT}, server={"host": "0.0.0.0"})
        assert caplog.text.count("without API keys") == 1
        serve(tiers={"basic": EN_PT})
        serve(tiers={"basic": EN_PT}, server={"host": "0.0.0.0"}, auth=AUTH)
    assert caplog.text.count("without API keys") == 1


def test_browsers_are_kept_out_unless_their_origin_is_listed(serve: Serve) -> None:
    origin = {"Origin": "https://example.org"}
    preflight = origin | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    closed = serve(tiers={"basic": EN_PT})
    assert "access-control-allow-origin" not in closed.get("/models", headers=origin).headers
    assert "access-control-allow-origin" not in closed.options("/translate", headers=preflight).headers
    listed = serve(tiers={"basic": EN_PT}, server={"cors_origins": ["https://example.org"]}, auth=AUTH)
    answer = listed.options("/translate", headers=preflight)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://example.org")
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    refused = listed.get("/models", headers=origin)
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "https://example.org"
    assert "access-control-allow-credentials" not in refused.headers
    other = listed.options("/translate", headers=preflight | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize("origin", ["example.org", "https://example.org/", "https://", "ftp://x", "https://*.x.org"])
def test_origin_that_no_browser_sends_is_refused(configure: Configure, origin: str) -> None:
    with pytest.raises(ValueError, match="as browsers send it"):
        configure(server={"cors_origins": [origin]})


def test_pages_and_answers_carry_their_headers(serve: Serve) -> None:
    client = serve(tiers={"basic": EN_PT})
    for path in ("/docs", "/redoc"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert headers["x-frame-options"] == "DENY"
    for path in ("/live", "/metrics", "/nowhere"):
        assert client.get(path).headers["x-content-type-options"] == "nosniff"


def test_bug_is_answered_with_nosniff_too(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("bug")

    client = serve(tiers={"basic": EN_PT})
    monkeypatch.setattr("app.api.stats.sharing_of", fail)
    answer = client.get("/stats")
    assert (answer.status_code, answer.headers["x-content-type-options"]) == (500, "nosniff")


def test_reload_changes_keys_and_keeps_what_has_been_counted(configure: Configure) -> None:
    settings = [configure(tiers={"basic": EN_PT}, auth=AUTH)]
    source = SimpleNamespace(path=Path("config.toml"), read=lambda: settings[-1])
    with TestClient(create_app(settings[0], source=cast("ConfigSource", source), loader=FakeLoader())) as client:
        assert client.get("/models", headers=bearer(SLOW)).status_code == 200
        settings.append(configure(tiers={"basic": EN_PT}, auth={"keys": AUTH["keys"][1:]}))
        assert client.post("/admin/reload").status_code == 401
        assert client.post("/admin/reload", headers=bearer(KEY)).status_code == 403
        assert client.post("/admin/reload", headers=bearer(ADMIN)).json()["needs_restart"] == []
        assert client.get("/models", headers=bearer(KEY)).json()["code"] == "key_unknown"
        assert client.get("/models", headers=bearer(SLOW)).json()["code"] == "rate_limited"
        settings.append(configure(tiers={"basic": EN_PT}, auth={"key_file": "nowhere"}))
        refused = client.post("/admin/reload", headers=bearer(ADMIN))
        assert (refused.status_code, refused.json()["code"]) == (400, "reload_failed")
        assert client.post("/admin/reload", headers=bearer(ADMIN)).status_code == 400


def test_server_without_keys_has_no_operators(serve: Serve) -> None:
    client = serve(tiers={"basic": EN_PT})
    for path in ("/admin/reload", "/admin/load", "/admin/unload", "/admin/pin"):
        answer = client.post(path, content=b"not json", headers=bearer("anything"))
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_example_of_a_key_in_the_shipped_configuration_is_right() -> None:
    lines = Path("config.toml").read_text(encoding="utf-8").partition("# [[auth.keys]]\n")[2].split("\n\n")[0]
    example = tomllib.loads("\n".join(line.removeprefix("# ") for line in lines.splitlines()))
    with pytest.raises(ValueError, match="babelpool keys new"):
        ApiKey(**example)
    key = ApiKey(**(example | {"sha256": hash_key(KEY)}))
    assert set(example) == set(ApiKey.model_fields)
    assert key.characters_per_day == 500_000
