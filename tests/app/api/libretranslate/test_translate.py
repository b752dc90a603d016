from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.app.conftest import BOTH, Serve
from tests.embedded import WEATHER_IN_PORTUGUESE

WEATHER = {"q": "The weather is nice today.", "source": "en", "target": "pt"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_json_form_multipart_and_query_are_the_same_request(server: TestClient) -> None:
    answers = [
        server.post("/translate", json=WEATHER),
        server.post("/translate", data=WEATHER),
        server.post("/translate", files={name: (None, value) for name, value in WEATHER.items()}),
        server.post("/translate", params=WEATHER),
        server.post("/translate", params=WEATHER, headers={"content-type": "application/json"}),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == {"translatedText": WEATHER_IN_PORTUGUESE}


def test_list_is_answered_with_a_list_whatever_its_encoding(server: TestClient) -> None:
    texts = ["The weather is nice today.", "", "1 + 1"]
    for answer in (
        server.post("/translate", json=WEATHER | {"q": texts}),
        server.post("/translate", data=WEATHER | {"q": texts}),
        server.post("/translate", params=[*(("q", text) for text in texts), ("source", "en"), ("target", "pt")]),
    ):
        assert answer.json() == {"translatedText": [WEATHER_IN_PORTUGUESE, "", "1 + 1"]}


def test_detected_language_is_told_in_percent_when_it_was_asked_for(server: TestClient) -> None:
    answer = server.post("/translate", json=WEATHER | {"source": "auto"}).json()
    assert answer["translatedText"] == WEATHER_IN_PORTUGUESE
    assert answer["detectedLanguage"]["language"] == "en"
    assert 50 < answer["detectedLanguage"]["confidence"] <= 100


def test_each_text_of_a_list_has_its_own_detected_language(server: TestClient) -> None:
    texts = ["The weather is nice today.", "O tempo está bom hoje, não acha?", "12:30"]
    answer = server.post("/translate", json=WEATHER | {"q": texts, "source": "auto"}).json()
    assert [one["language"] for one in answer["detectedLanguage"]] == ["en", "pt", "en"]
    assert answer["detectedLanguage"][2]["confidence"] == 0
    assert answer["translatedText"][1:] == texts[1:]


def test_html_comes_back_with_its_tags(server: TestClient) -> None:
    answer = server.post(
        "/translate", json=WEATHER | {"q": "<p>The weather is <b>nice</b> today.</p>", "format": "html"}
    )
    assert answer.json()["translatedText"].startswith("<p>O tempo")
    assert "<b>" in answer.json()["translatedText"]


def test_alternatives_are_a_list_for_a_text_and_a_list_of_lists_for_a_list(server: TestClient) -> None:
    single = server.post("/translate", data=WEATHER | {"alternatives": "3"}).json()
    assert single["translatedText"] == WEATHER_IN_PORTUGUESE
    assert 1 <= len(single["alternatives"]) <= 3
    many = server.post("/translate", json=WEATHER | {"q": [WEATHER["q"], ""], "alternatives": 3}).json()
    assert many["alternatives"] == [single["alternatives"], []]
    for none in (0, -1):
        assert "alternatives" not in server.post("/translate", json=WEATHER | {"alternatives": none}).json()


def test_form_may_be_raw_utf_8_or_escaped(server: TestClient) -> None:
    for body in ("q=Olá+amigo&source=pt&target=pt", "q=Ol%C3%A1+amigo&source=pt&target=pt"):
        answer = server.post("/translate", content=body.encode(), headers=FORM)
        assert answer.json() == {"translatedText": "Olá amigo"}


@pytest.mark.parametrize(
    "field", [{"format": ""}, {"format": None}, {"alternatives": None}, {"api_key": None}, {"x": 1}]
)
def test_empty_and_unknown_fields_count_as_absent(server: TestClient, field: dict[str, object]) -> None:
    assert server.post("/translate", json=WEATHER | field).json() == {"translatedText": WEATHER_IN_PORTUGUESE}


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in WEATHER.items() if key != name}


ERRORS: list[tuple[object, str]] = [
    (without("source"), "source"),
    (without("target"), "target"),
    (WEATHER | {"q": ""}, "q: "),
    (WEATHER | {"q": []}, "q: "),
    (WEATHER | {"q": 5}, "q: "),
    (WEATHER | {"q": ["x", 5]}, "q.1: "),
    (WEATHER | {"q": "x" * 1_000_001}, "max_characters"),
    (WEATHER | {"target": "xx"}, "'xx'"),
    (WEATHER | {"source": 5}, "source: "),
    (WEATHER | {"format": "xml"}, "format: "),
    (WEATHER | {"alternatives": "many"}, "alternatives: "),
    (WEATHER | {"alternatives": 11}, "alternatives: "),
    (WEATHER | {"q": "To:", "source": "auto"}, "The language cannot be told"),
]


@pytest.mark.parametrize(("body", "word"), ERRORS)
def test_what_is_wrong_is_a_400_with_a_sentence(server: TestClient, body: object, word: str) -> None:
    answer = server.post("/translate", json=body)
    assert answer.status_code == 400, answer.text
    assert list(answer.json()) == ["error"]
    assert word in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"q=%FF&source=en&target=pt", "application/x-www-form-urlencoded"),
        (b"q=\xff", "application/x-www-form-urlencoded"),
        (b"&".join([b"a=1"] * 20_001), "application/x-www-form-urlencoded"),
        (b"no boundary", "multipart/form-data"),
        (b"no boundary", "multipart/form-data; boundary=x"),
        (b"", "application/x-www-form-urlencoded"),
    ],
)
def test_broken_form_is_a_400_with_a_sentence(server: TestClient, body: bytes, kind: str) -> None:
    answer = server.post("/translate", content=body, headers={"content-type": kind})
    assert answer.status_code == 400, answer.text
    assert list(answer.json()) == ["error"]


def test_fields_of_both_dialects_or_of_none_are_refused_naming_both(server: TestClient) -> None:
    for body in (WEATHER | {"text": "x", "target_language": "pt"}, {}, {"source": "en"}):
        answer = server.post("/translate", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "unclear_dialect")
        assert "LibreTranslate" in answer.json()["message"]
        assert "Babelpool" in answer.json()["message"]


def test_form_that_is_json_in_truth_is_told_to_say_so(server: TestClient) -> None:
    # What `curl --data` sends unless it is told otherwise.
    for body in (b'{"text": "x"}', b'{"text": "a=b"}', b"text=x&target_language=pt"):
        answer = server.post("/translate", content=body, headers=FORM)
        assert answer.status_code in {400, 415}
        assert "JSON" in answer.json()["error"]


def test_query_of_a_native_request_is_not_read(server: TestClient) -> None:
    body = {"text": "Good morning.", "source_language": "en", "target_language": "pt"}
    assert server.post("/translate?q=x", json=body).status_code == 200
    assert server.post("/translate?q=x", json=body | {"target_language": "xx"}).json()["code"] == "unknown_language"


def test_mistakes_in_the_native_dialect_are_told_in_it(server: TestClient) -> None:
    for request in ({"json": {"text": "x"}}, {"content": b"{", "headers": {"content-type": "application/json"}}):
        answer = server.post("/translate", **request)
        assert answer.json()["code"] in {"invalid_request", "invalid_json"}
    assert server.post("/translate", content=b"x").json()["code"] == "unsupported_media_type"


def test_senseless_timeout_is_told_in_the_dialect_of_the_request(server: TestClient) -> None:
    headers = {"X-Request-Timeout": "soon"}
    theirs = server.post("/translate", json=WEATHER, headers=headers)
    assert theirs.status_code == 400
    assert "x-request-timeout" in theirs.json()["error"]
    ours = server.post("/translate", json={"text": "x", "target_language": "pt"}, headers=headers)
    assert (ours.status_code, ours.json()["code"]) == (422, "invalid_request")


def test_page_of_another_origin_cannot_send_a_form(serve: Serve) -> None:
    client = serve(tiers={"basic": BOTH}, server={"cors_origins": ["https://chat.example.org"]})

    def status(**request: Any) -> int:  # noqa: ANN401 - what httpx takes
        return client.post("/translate", **request).status_code

    for kind in ({"data": WEATHER}, {"params": WEATHER}):
        assert status(headers={"origin": "https://evil.example.org"}, **kind) == 403
        assert status(headers={"origin": "null"}, **kind) == 403
        assert status(headers={"origin": "https://chat.example.org"}, **kind) == 200
        assert status(headers={"origin": "http://testserver"}, **kind) == 200
        assert status(**kind) == 200


def test_bug_is_a_500_in_this_dialect(serve: Serve) -> None:
    client = serve(tiers={"basic": BOTH})
    client.app_state["reloader"].services.translator._detector = None
    answer = client.post("/translate", json=WEATHER | {"source": "auto"})
    assert answer.status_code == 500
    assert list(answer.json()) == ["error"]
