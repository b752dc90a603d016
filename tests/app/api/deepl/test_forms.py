from __future__ import annotations

import pytest
from fastapi.exceptions import RequestValidationError
from fastapi.testclient import TestClient

from app.api.deepl.forms import form_fields
from tests.app.conftest import EN_PT, Serve

KEY = {"Authorization": "DeepL-Auth-Key any"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", {}),
        (b"text=a+b%26c&target_lang=pt", {"text": "a b&c", "target_lang": "pt"}),
        (b"text=a&text=&text=b", {"text": ["a", "", "b"]}),
        ("text=olá".encode(), {"text": "olá"}),
        (b"text=ol%C3%A1", {"text": "olá"}),
        (
            b"name=n&dictionaries[1].entries=x&dictionaries%5B0%5D.entries=y&dictionaries[0].source_lang=en",
            {"name": "n", "dictionaries": [{"entries": "y", "source_lang": "en"}, {"entries": "x"}]},
        ),
        (b"odd[x].y=1&odd[1]=2", {"odd[x].y": "1", "odd[1]": "2"}),
    ],
)
def test_form_is_what_json_would_have_said(body: bytes, fields: object) -> None:
    assert form_fields(body) == fields


@pytest.mark.parametrize("body", [b"text=%ff", b"text=\xff", b"a&" * 30_000])
def test_form_that_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(RequestValidationError):
        form_fields(body)


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve(tiers={"basic": EN_PT})


def test_form_and_json_are_answered_alike(client: TestClient) -> None:
    fields = {"text": ["one", "two"], "source_lang": "en", "target_lang": "pt", "show_billed_characters": "1"}
    by_form, by_json = (
        client.post("/v2/translate", headers=KEY, data=fields),
        client.post("/v2/translate", json=fields | {"show_billed_characters": True}),
    )
    assert by_form.json() == by_json.json()
    assert [one["text"] for one in by_json.json()["translations"]] == ["one", "two"]


def test_page_of_another_origin_cannot_send_a_form(client: TestClient) -> None:
    fields = {"text": "one", "source_lang": "en", "target_lang": "pt"}
    assert client.post("/v2/translate", data=fields).status_code == 200
    answer = client.post("/v2/translate", data=fields, headers={"Origin": "https://evil.example.org"})
    assert (answer.status_code, answer.json()["detail"]) == (403, "other_origin")


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        ({"Content-Type": "text/plain"}, b"x", "unsupported_media_type"),
        ({}, b"x", "unsupported_media_type"),
        (FORM, b"text=%ff", "invalid_request"),
        ({"Content-Type": "multipart/form-data; boundary=b"}, b"--b--", "invalid_request"),
        ({"Content-Type": "application/json"}, b"{", "invalid_json"),
        ({"Content-Type": "application/json"}, b"\xff", "bad_request"),
        ({"Content-Type": "application/json"}, b"[]", "invalid_request"),
        ({"Content-Type": "application/json"}, b'{"text": ["\\ud800"], "target_lang": "pt"}', "invalid_request"),
        ({"Content-Type": "application/json"}, b'{"text": [], "target_lang": "pt"}', "invalid_request"),
        ({"Content-Type": "application/json"}, b'{"text": [1], "target_lang": "pt"}', "invalid_request"),
    ],
)
def test_body_that_cannot_be_read_is_a_400(client: TestClient, headers: dict[str, str], body: bytes, code: str) -> None:
    answer = client.post("/v2/translate", content=body, headers=KEY | headers)
    assert (answer.status_code, answer.json()["detail"]) == (400, code)
    assert isinstance(answer.json()["message"], str)
