from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.app.conftest import Serve

BODY = b'{"text": "One.", "source_language": "en", "target_language": "pt"}'
EVIL = "https://evil.example.org"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve(server={"cors_origins": ["https://chat.example.org"]})


@pytest.mark.parametrize("kind", [FORM, FORM + "; charset=utf-8", "multipart/form-data; boundary=b", "Text/Plain", ""])
@pytest.mark.parametrize("path", ["/documents", "/translate_file", "/v2/document", "/detect", "/admin/reload"])
def test_what_a_browser_sends_unasked_is_refused_from_pages_of_other_origins(
    client: TestClient, kind: str, path: str
) -> None:
    headers = {"Origin": EVIL} | ({"Content-Type": kind} if kind else {})
    answer = client.post(path, content=b"", headers=headers)
    assert answer.status_code == 403
    assert "server.cors_origins" in answer.text


@pytest.mark.parametrize("origin", [EVIL, "null"])
def test_page_that_the_browser_asked_about_is_left_to_cors(client: TestClient, origin: str) -> None:
    headers = {"Origin": origin, "Content-Type": "application/json"}
    assert client.post("/translate", content=BODY, headers=headers).status_code == 200
    assert client.get("/models", headers={"Origin": origin}).status_code == 200


@pytest.mark.parametrize("origin", [None, "http://testserver", "https://chat.example.org"])
def test_own_pages_allowed_ones_and_what_is_no_page_may_send_forms(client: TestClient, origin: str | None) -> None:
    headers = {"Content-Type": FORM} | ({"Origin": origin} if origin else {})
    answer = client.post("/translate", content=b"q=One.&source=en&target=pt", headers=headers)
    assert answer.status_code == 200
