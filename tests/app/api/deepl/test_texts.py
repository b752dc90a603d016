"""Golden exchanges with `/v2/translate`: what is sent, and the answer to the last field."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.deepl import texts
from app.api.schemas.deepl import DeeplTexts
from app.keys import hash_key, new_key
from app.text.markup import Format, Options
from app.text.segmentation import Split
from tests.app.conftest import EN_PT, Serve
from tests.embedded import HOUSE_IN_PORTUGUESE

HELLO = "The house is red."
EN_TO_PT: dict[str, Any] = {"source_lang": "EN", "target_lang": "PT"}


def ask(server: TestClient, *sent: str, **fields: object) -> list[dict[str, Any]]:
    answer = server.post("/v2/translate", json={"text": list(sent), **fields})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["translations"]
    return found


def test_answer_has_no_field_that_was_not_asked_for(server: TestClient) -> None:
    assert ask(server, HELLO, **EN_TO_PT) == [{"detected_source_language": "EN", "text": HOUSE_IN_PORTUGUESE}]


def test_answer_has_every_field_that_was_asked_for(server: TestClient) -> None:
    (one,) = ask(server, "olá 🏠", target_lang="PT", source_lang="pt", show_billed_characters=True)
    assert one == {"detected_source_language": "PT", "text": "olá 🏠", "billed_characters": 5}
    (one,) = ask(server, HELLO, **EN_TO_PT, model_type="latency_optimized")
    assert one["model_type_used"] == "latency_optimized"


def test_single_text_need_not_be_a_list(server: TestClient) -> None:
    answer = server.post("/v2/translate", json={"text": HELLO, **EN_TO_PT})
    assert answer.json()["translations"][0]["text"] == HOUSE_IN_PORTUGUESE


def test_text_without_letters_and_empty_text_come_back_with_a_language(server: TestClient) -> None:
    for text in ("", "42", "🏠"):
        assert ask(server, text, target_lang="PT-BR")[0]["detected_source_language"] == "PT"


def test_region_that_is_not_written_is_told(server: TestClient) -> None:
    (one,) = ask(server, HELLO, source_lang="EN", target_lang="PT-BR")
    assert one["warnings"] == ["region: pt-BR was asked for and pt is the nearest that this tier writes."]


def test_text_is_split_at_lines_unless_told_otherwise_and_html_is_not(server: TestClient) -> None:
    broken = "The house is\nred."
    assert ask(server, broken, **EN_TO_PT, tag_handling="html")[0]["text"] == HOUSE_IN_PORTUGUESE
    assert "\n" in ask(server, broken, **EN_TO_PT)[0]["text"]
    for spelled in ("nonewlines", "0", 0, False):
        assert ask(server, broken, **EN_TO_PT, split_sentences=spelled)[0]["text"] == HOUSE_IN_PORTUGUESE


@pytest.mark.parametrize("tags", ["code,x", ["code", "x"], ["code,x"]])
def test_tags_come_as_a_list_or_joined(server: TestClient, tags: object) -> None:
    source = "<a><p>The house is red.</p><code>The house</code><x>red</x></a>"
    (one,) = ask(server, source, **EN_TO_PT, tag_handling="xml", ignore_tags=tags)
    assert one["text"] == f"<a><p>{HOUSE_IN_PORTUGUESE}</p><code>The house</code><x>red</x></a>"


def test_every_option_of_markup_is_handed_on() -> None:
    tags = {"ignore_tags": "A", "splitting_tags": ["B", "C,D"], "non_splitting_tags": "E"}
    common = {"text": "x", "target_lang": "pt", "outline_detection": "0", **tags}
    xml = DeeplTexts.model_validate(common | {"tag_handling": "xml"})
    assert texts._markup(xml) == Options(
        Format.XML,
        ignore_tags=frozenset("A"),
        splitting_tags=frozenset("BCD"),
        non_splitting_tags=frozenset("E"),
        outline_detection=False,
    )
    html = texts._markup(DeeplTexts.model_validate(common | {"tag_handling": "html"}))
    assert html is not None
    assert (html.format, html.splitting_tags) == (Format.HTML, frozenset("bcd"))
    assert texts._markup(DeeplTexts.model_validate(common)) is None


@pytest.mark.parametrize(
    ("fields", "split"),
    [
        ({}, Split.SENTENCES),
        ({"tag_handling": "xml"}, Split.SENTENCES),
        ({"tag_handling": "html"}, Split.SENTENCES_ACROSS_LINES),
        ({"tag_handling": "html", "split_sentences": "1"}, Split.SENTENCES),
        ({"split_sentences": "nonewlines"}, Split.SENTENCES_ACROSS_LINES),
        ({"split_sentences": 0}, Split.NEVER),
        ({"split_sentences": True}, Split.SENTENCES),
    ],
)
def test_sentences_are_split_by_deepls_defaults(fields: dict[str, object], split: Split) -> None:
    assert texts._split(DeeplTexts.model_validate({"text": "x", "target_lang": "pt", **fields})) is split


def test_tags_of_html_are_known_in_capitals(server: TestClient) -> None:
    (one,) = ask(server, "<SPAN>The house</SPAN>", **EN_TO_PT, tag_handling="html", ignore_tags=["Span"])
    assert one["text"] == "<SPAN>The house</SPAN>"


def test_context_is_neither_translated_nor_charged(serve: Serve) -> None:
    key = new_key()
    quota = {"name": "k", "sha256": hash_key(key), "characters_per_day": 10}
    client = serve(tiers={"basic": EN_PT}, auth={"keys": [quota]})
    headers = {"Authorization": f"DeepL-Auth-Key {key}"}
    body = {"text": ["twelve"], "context": "a long story " * 100, **EN_TO_PT}
    assert client.post("/v2/translate", json=body, headers=headers).json()["translations"][0]["text"] == "twelve"
    assert client.get("/v2/usage", headers=headers).json() == {"character_count": 6, "character_limit": 10}
    answer = client.post("/v2/translate", json=body, headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (456, "quota_exceeded")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"target_lang": None}, 400, "invalid_request"),
        ({"text": None}, 400, "invalid_request"),
        ({"target_lang": "xx"}, 400, "unknown_language"),
        ({"formality": "less"}, 400, "option_refused"),
        ({"formality": "rude"}, 400, "invalid_request"),
        ({"split_sentences": "2"}, 400, "invalid_request"),
        ({"tag_handling": "xml", "text": ["<a>"]}, 400, "malformed_markup"),
        ({"custom_instructions": "rhyme"}, 400, "option_refused"),
        ({"glossary_id": "x", "source_lang": None}, 400, "glossary_invalid"),
        ({"glossary_id": "x", "glossary_ids": ["x"]}, 400, "glossary_invalid"),
        ({"glossary_id": "x"}, 404, "glossary_not_found"),
        ({"glossary_ids": "x,y"}, 404, "glossary_not_found"),
        ({"glossary_ids": list("abcdef")}, 400, "invalid_request"),
        ({"text": ["x"] * 10_001}, 413, "text_too_large"),
        ({"text": ["x" * 1_000_001]}, 413, "text_too_large"),
    ],
)
def test_what_cannot_be_done_is_refused(server: TestClient, fields: dict[str, object], status: int, code: str) -> None:
    body = {"text": ["one"], "target_lang": "PT", "source_lang": "EN"} | fields
    answer = server.post("/v2/translate", json={name: value for name, value in body.items() if value is not None})
    assert (answer.status_code, answer.json()["detail"]) == (status, code)
    assert isinstance(answer.json()["message"], str)


def test_hints_and_unknown_fields_change_nothing(server: TestClient) -> None:
    hints = {
        "formality": "prefer_less",
        "preserve_formatting": True,
        "tag_handling_version": "v2",
        "context": "A letter.",
        "enable_beta_languages": 1,
        "custom_instructions": [],
        "translation_memory_threshold": 75,
    }
    assert ask(server, HELLO, **EN_TO_PT, **hints) == ask(server, HELLO, **EN_TO_PT)


def test_glossary_without_the_pair_is_an_error_alone_and_among_others(serve: Serve) -> None:
    client = serve(tiers={"basic": EN_PT})

    def make(target: str) -> str:
        new = {"name": "n", "source_lang": "en", "target_lang": target, "entries": "house\tx", "entries_format": "tsv"}
        return str(client.post("/v2/glossaries", json=new).json()["glossary_id"])

    ids = [make("pt"), make("de")]
    for wanted in ({"glossary_id": ids[1]}, {"glossary_ids": ids}):
        answer = client.post("/v2/translate", json={"text": ["house"], **EN_TO_PT, **wanted})
        assert (answer.status_code, answer.json()["detail"]) == (400, "glossary_mismatch")
