from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.app.conftest import EN_PT, Serve

HELLO = "Good morning, how are you today?"


def test_detect_tells_languages_in_percent_likeliest_first(server: TestClient) -> None:
    for answer in (
        server.post("/detect", json={"q": HELLO}),
        server.post("/detect", data={"q": HELLO}),
        server.post("/detect", params={"q": HELLO}),
        server.post("/detect", json={"q": [HELLO, "It is raining."]}),
    ):
        first, *others = answer.json()
        assert first["language"] == "en"
        assert 50 < first["confidence"] <= 100
        assert all(one["confidence"] <= first["confidence"] for one in others)


def test_text_without_a_word_is_detected_with_a_confidence_of_nothing(server: TestClient) -> None:
    assert server.post("/detect", json={"q": "12:30"}).json() == [{"confidence": 0.0, "language": "en"}]


def test_text_that_says_too_little_is_detected_with_the_little_confidence_there_is(server: TestClient) -> None:
    found = server.post("/detect", json={"q": "To:"}).json()
    assert found
    assert all(one["confidence"] < 50 for one in found)


@pytest.mark.parametrize("body", [{}, {"q": ""}, {"q": []}, {"q": 5}, {"q": None}, [], "x"])
def test_detect_without_a_text_is_a_400(server: TestClient, body: object) -> None:
    answer = server.post("/detect", json=body)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]


def test_settings_tell_what_a_page_wants_to_know(server: TestClient) -> None:
    settings = server.get("/frontend/settings").json()
    assert settings["charLimit"] == 1_000_000
    assert settings["apiKeys"] is settings["keyRequired"] is settings["suggestions"] is False
    assert settings["language"]["source"]["code"] == "auto"
    assert settings["language"]["target"] == {"code": "en", "name": "English"}


def test_suggestions_are_refused_with_a_sentence(server: TestClient) -> None:
    answer = server.post("/suggest", data={"q": "x", "s": "y", "source": "en", "target": "pt"})
    assert answer.status_code == 403
    assert "glossary" in answer.json()["error"]


def test_wrong_methods_are_told_in_this_dialect(server: TestClient) -> None:
    for path in ("/detect", "/suggest"):
        answer = server.get(path)
        assert answer.status_code == 405
        assert list(answer.json()) == ["error"]


def test_native_detection_keeps_its_own_errors(server: TestClient) -> None:
    assert server.post("/detect-language", json={}).json()["code"] == "invalid_request"


def test_languages_suit_clients_that_send_a_form_with_get(server: TestClient) -> None:
    answer = server.request("GET", "/languages", data={"api_key": "x"})
    assert {one["code"]: one["targets"] for one in answer.json()} == {"en": ["pt"], "pt": ["en"]}


def test_language_that_is_only_written_is_listed_with_no_targets(serve: Serve) -> None:
    # Weblate and Discourse look for the target's code among the languages.
    languages = serve(tiers={"basic": EN_PT}).get("/languages").json()
    assert {one["code"]: one["targets"] for one in languages} == {"en": ["pt"], "pt": []}
