from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from fastapi.testclient import TestClient
from fastapi_offline import FastAPIOffline
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Scope

from app.headers import SecurityHeaders, docs_policy, page_policy


def make_app() -> FastAPI:
    app = FastAPIOffline()

    @app.get("/json")
    async def json() -> JSONResponse:
        return JSONResponse({})

    @app.get("/page")
    async def page() -> HTMLResponse:
        return HTMLResponse("<script>alert(1)</script>")

    @app.get("/own")
    async def own() -> HTMLResponse:
        return HTMLResponse("x", headers={"Content-Security-Policy": "default-src 'self'"})

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse((part for part in ("a", "b")), media_type="text/html")

    app.add_middleware(SecurityHeaders)
    return app


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(make_app()) as client:
        yield client


@pytest.mark.parametrize("path", ["/json", "/page", "/docs", "/static-offline-docs/swagger-ui.css", "/nowhere"])
def test_nothing_is_sniffed_and_no_address_leaks(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_page_may_run_no_inline_script_and_sit_in_no_frame(client: TestClient) -> None:
    headers = client.get("/page").headers
    assert headers["content-security-policy"] == page_policy()
    assert "'unsafe" not in page_policy()
    assert "frame-ancestors 'none'" in page_policy()
    assert headers["x-frame-options"] == "DENY"


def test_answers_for_programs_carry_no_page_headers(client: TestClient) -> None:
    headers = client.get("/json").headers
    assert "content-security-policy" not in headers
    assert "x-frame-options" not in headers


def test_policy_of_a_route_stays(client: TestClient) -> None:
    assert client.get("/own").headers["content-security-policy"] == "default-src 'self'"


def test_streamed_page_arrives_whole_under_the_policy(client: TestClient) -> None:
    answer = client.get("/stream")
    assert answer.text == "ab"
    assert answer.headers["content-security-policy"] == page_policy()


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/oauth2-redirect"])
def test_documentation_may_run_its_own_scripts_and_no_others(client: TestClient, path: str) -> None:
    answer = client.get(path)
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    inline = [script for script in re.findall(r"<script[^>]*>(.*?)</script>", answer.text, re.DOTALL) if script.strip()]
    hashes = [f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in inline]
    assert policy["script-src"] == " ".join(["'self'", *hashes])
    assert len(hashes) == (0 if path == "/redoc" else 1)
    assert policy["default-src"] == "'none'"


def test_documentation_loads_nothing_from_elsewhere(client: TestClient) -> None:
    for path in ("/docs", "/redoc"):
        assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", client.get(path).text)


@given(st.binary(max_size=300))
def test_any_page_gets_a_policy_of_one_line(page: bytes) -> None:
    for body in (page, b"<script>" + page + b"</script>"):
        policy = docs_policy(body)
        assert policy.isascii()
        assert policy.isprintable()


async def test_other_protocols_pass_untouched() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: object, send: object) -> None:
        seen.append(scope["type"])

    async def receive() -> Message:
        return {}

    async def send(_: Message) -> None: ...

    await SecurityHeaders(app)({"type": "lifespan"}, receive, send)
    assert seen == ["lifespan"]
