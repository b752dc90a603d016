from __future__ import annotations

import hmac
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from app.api.problems import ErrorAnswers
from app.auth import ANONYMOUS, Access, Caller, GuardedRoute, KeyRequired, KeyUnknown, exposure, key_in, require
from app.errors import RequestError, problem_of
from app.keys import ApiKey, KeyScope, hash_key

SECRETS = {"mobile": "bp_mobile-0123456789", "ops": "bp_ops-0123456789", "slow": "bp_slow-0123456789"}


def keys() -> list[ApiKey]:
    return [
        ApiKey(name="mobile", sha256=hash_key(SECRETS["mobile"]), scopes=("translate",)),
        ApiKey(name="ops", sha256=hash_key(SECRETS["ops"]), scopes=("admin",)),
        ApiKey(name="slow", sha256=hash_key(SECRETS["slow"]), requests_per_minute=1, characters_per_day=3),
    ]


class Text(BaseModel):
    text: str


Translating = Annotated[Caller, Depends(require("translate"))]


def make_app(access: Access) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        yield {"access": access}

    router = APIRouter(route_class=GuardedRoute, dependencies=[Depends(require("translate"))])

    @router.post("/translate")
    async def translate(body: Text, caller: Translating) -> str:
        with access.charged(caller, [body.text]):
            return caller.name

    app = FastAPI(lifespan=lifespan)
    ErrorAnswers({}).install(app)
    app.include_router(router)

    @app.post("/admin")
    async def admin(caller: Annotated[Caller, Depends(require("admin"))]) -> str:
        return caller.name

    @app.get("/metrics", dependencies=[Depends(require("monitor", "admin"))])
    async def metrics() -> str:
        return "1"

    return app


@pytest.fixture
def guarded() -> Iterator[TestClient]:
    with TestClient(make_app(Access(keys())), raise_server_exceptions=False) as client:
        yield client


def ask(client: TestClient, headers: dict[str, str], text: str = "x") -> tuple[int, Any]:
    answer = client.post("/translate", json={"text": text}, headers=headers)
    return answer.status_code, answer.json() if answer.is_success else answer.json()["code"]


@pytest.mark.parametrize(
    "header",
    [
        {"Authorization": "Bearer {}"},
        {"authorization": "bearer  {} "},
        {"Authorization": "DeepL-Auth-Key {}"},
        {"X-API-Key": "{}"},
        {"Authorization": "Basic dXNlcjpwYXNz", "X-API-Key": "{}"},
    ],
)
def test_key_is_found_where_clients_put_it(guarded: TestClient, header: dict[str, str]) -> None:
    headers = {name: value.format(SECRETS["mobile"]) for name, value in header.items()}
    assert ask(guarded, headers) == (200, "mobile")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer"}, {"X-API-Key": " "}, {"Authorization": "Basic x"}])
def test_request_without_a_key_is_a_401(guarded: TestClient, headers: dict[str, str]) -> None:
    assert ask(guarded, headers) == (401, "key_required")


@pytest.mark.parametrize(
    "key", ["wrong", SECRETS["mobile"][:-1], SECRETS["mobile"] + "x", hash_key(SECRETS["mobile"]), "x" * 30_000]
)
def test_unknown_key_is_a_401_even_if_it_is_nearly_right_or_the_hash(guarded: TestClient, key: str) -> None:
    assert ask(guarded, {"X-API-Key": key}) == (401, "key_unknown")


def test_key_without_the_scope_is_a_403(guarded: TestClient) -> None:
    assert ask(guarded, {"X-API-Key": SECRETS["ops"]}) == (403, "scope_missing")
    answer = guarded.post("/admin", headers={"X-API-Key": SECRETS["mobile"]})
    assert (answer.status_code, answer.json()["detail"]) == (403, {"scopes": ["admin"]})
    assert guarded.post("/admin", headers={"X-API-Key": SECRETS["ops"]}).json() == "ops"


def test_one_of_several_scopes_is_enough(guarded: TestClient) -> None:
    assert guarded.get("/metrics", headers={"X-API-Key": SECRETS["ops"]}).status_code == 200
    assert guarded.get("/metrics", headers={"X-API-Key": SECRETS["mobile"]}).status_code == 403


def test_request_counts_once_though_router_route_and_parameter_ask(guarded: TestClient) -> None:
    headers = {"X-API-Key": SECRETS["slow"]}
    assert ask(guarded, headers) == (200, "slow")
    answer = guarded.post("/translate", json={"text": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 59 <= int(answer.headers["retry-after"]) <= 60


def test_characters_over_the_quota_are_a_429(guarded: TestClient) -> None:
    assert ask(guarded, {"X-API-Key": SECRETS["slow"]}, text="four") == (429, "quota_exceeded")


def test_stranger_is_turned_away_before_the_body_is_read(guarded: TestClient) -> None:
    app = make_app(Access(keys()))
    pulled: list[bool] = []

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        async def watched() -> Message:
            pulled.append(True)
            return await receive()

        await app(scope, watched if scope["type"] == "http" else receive, send)

    with TestClient(counting) as client:
        json = {"content-type": "application/json"}
        assert client.post("/translate", content=b"not json", headers=json).status_code == 401
        assert not pulled
        answer = client.post("/translate", content=b"not json", headers=json | {"X-API-Key": SECRETS["mobile"]})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


def test_server_without_keys_lets_everybody_translate_and_nobody_rule() -> None:
    with TestClient(make_app(Access())) as client:
        assert ask(client, {}) == (200, "anonymous")
        assert ask(client, {"Authorization": "Bearer whatever"}) == (200, "anonymous")
        assert client.get("/metrics").status_code == 200
        answer = client.post("/admin", headers={"X-API-Key": "x"})
        assert answer.status_code == 403
        assert "Without API keys" in answer.json()["message"]


def test_openapi_tells_how_to_send_a_key(guarded: TestClient) -> None:
    document = guarded.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    assert document["paths"]["/translate"]["post"]["security"] == [{"ApiKey": []}]


def test_every_known_key_is_compared_whichever_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def spy(known: bytes, given: bytes) -> bool:
        compared.append((known, given))
        return real(known, given)

    monkeypatch.setattr("app.auth.hmac.compare_digest", spy)
    access = Access(keys())
    known = [bytes.fromhex(key.sha256) for key in keys()]
    for secret in SECRETS.values():
        access.identify(secret)
        assert [pair[0] for pair in compared] == known
        assert {pair[1] for pair in compared} == {bytes.fromhex(hash_key(secret))}
        compared.clear()
    with pytest.raises(KeyUnknown):
        access.identify("x")
    assert [pair[0] for pair in compared] == known
    assert all(len(a) == len(b) == 32 for a, b in compared)


@given(st.dictionaries(st.sampled_from(["authorization", "x-api-key"]), st.text(max_size=60)))
def test_any_header_gives_bytes_or_nothing(headers: dict[str, str]) -> None:
    key = key_in(headers)
    assert key is None or isinstance(key, bytes)


@given(st.one_of(st.none(), st.text(), st.binary()), st.sampled_from(["translate", "admin", "monitor"]))
def test_any_key_gives_a_caller_or_an_error_for_the_client(key: str | bytes | None, scope: KeyScope) -> None:
    for access in (Access(keys()), Access()):
        try:
            assert isinstance(access.admit(key, scope), Caller)
        except RequestError as error:
            problem = problem_of(error)
            assert problem is not None
            assert problem.status in {401, 403, 429}


@given(st.binary(max_size=200), st.sampled_from([b"authorization", b"x-api-key"]))
def test_any_bytes_in_a_header_are_answered_with_a_401(raw: bytes, name: bytes) -> None:
    # As an ASGI server would hand them over: whatever bytes came.
    headers = Headers(raw=[(name, raw)])
    with pytest.raises((KeyRequired, KeyUnknown)):
        Access(keys()).identify(key_in(headers))


def test_key_of_other_characters_matches_by_its_bytes() -> None:
    access = Access([ApiKey(name="a", sha256=hash_key("clé-secrète-0123456789"))])
    raw = "Bearer clé-secrète-0123456789".encode()
    assert access.identify(key_in(Headers(raw=[(b"authorization", raw)]))).name == "a"
    assert access.identify("clé-secrète-0123456789").name == "a"


def test_no_key_in_repr_errors_or_logs(guarded: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    secret = SECRETS["slow"]
    access = Access(keys())
    caller = access.identify(secret)
    shown = [repr(access), repr(caller), repr(access.usage), repr(vars(access)["_callers"][0][1]), repr(keys())]
    with caplog.at_level(logging.DEBUG):
        for headers in ({"X-API-Key": secret}, {"Authorization": f"Bearer {secret}x"}, {"Authorization": secret}):
            for path in ("/translate", "/admin"):
                answers = [guarded.post(path, json={"text": "four"}, headers=headers) for _ in range(2)]
                shown += [answer.text for answer in answers]
    for secret_or_hash in (secret, hash_key(secret), "bp_"):
        assert not any(secret_or_hash in text for text in [*shown, caplog.text])


def test_reload_changes_keys_and_goes_on_counting() -> None:
    access = Access(keys(), clock=lambda: 0.0)
    access.admit(SECRETS["slow"], "translate")
    access.configure(keys()[1:])
    with pytest.raises(RequestError, match="1 requests per minute"):
        access.admit(SECRETS["slow"], "translate")
    with pytest.raises(KeyUnknown):
        access.admit(SECRETS["mobile"], "translate")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_open_server_for_this_machine_alone_is_no_matter(host: str) -> None:
    assert exposure(host, Access()) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.7", "translate.example"])
def test_open_server_for_others_is_warned_about(host: str) -> None:
    assert "without API keys" in (exposure(host, Access()) or "")
    assert exposure(host, Access(keys())) is None


def test_anonymous_is_no_admin() -> None:
    assert ANONYMOUS.scopes == {"translate", "monitor"}
