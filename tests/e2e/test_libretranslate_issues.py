"""What users of LibreTranslate reported, asked of this server: one test per report."""

from __future__ import annotations

import re
from typing import Any

from fastapi.testclient import TestClient

NESTED = """<a href="#" target="_blank" rel="noopener">
  <em>
    <span style="text-decoration: underline; color: #ff0000;">
     See all of our
    </span>
  </em>
  <em>
    <span style="text-decoration: underline; color: #ff0000;">
      kitchen drawers here!
    </span>
  </em>
</a>"""


def post(server: TestClient, text: str | list[str], **more: str) -> Any:  # noqa: ANN401 - JSON
    body = {"text": text, "source_language": "en", "target_language": "pt"} | more
    answer = server.post("/translate", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def tags(html: str) -> list[str]:
    return re.findall(r"<[^>]+>", html)


def test_944_template_tokens_in_mustaches_come_back_as_they_are(server: TestClient) -> None:
    text = "This person is called {{person.name}} and lives in {{person.city}}."
    translated = post(server, text)["translated_text"]
    assert re.findall(r"\{\{.*?\}\}", translated) == ["{{person.name}}", "{{person.city}}"]
    assert "pessoa" in translated.lower()


def test_944_stand_ins_that_users_tried_come_back_as_well(server: TestClient) -> None:
    text = "This person is called ###T01### and lives in ###T02###."
    translated = post(server, text)["translated_text"]
    assert "###T01###" in translated
    assert "###T02###" in translated


def test_123_positional_format_specifier_does_not_end_the_translation(server: TestClient) -> None:
    translated = post(server, "Hello %1$s, good to see you again!")["translated_text"]
    assert translated.count("%1$s") == 1
    assert translated.startswith("Olá")
    assert len(translated.split()) >= 5, "what follows the placeholder was not translated"


def test_123_angle_bracket_of_a_tag_is_never_translated(server: TestClient) -> None:
    text = 'I would like to give <span style="color:%2$s;">%1$s</span> boxes back to my shop'
    translated = post(server, text, format="html")["translated_text"]
    assert '<span style="color:%2$s;">%1$s</span>' in translated
    assert tags(translated) == tags(text)


def test_806_words_in_nested_tags_are_one_sentence(server: TestClient) -> None:
    translated = post(server, NESTED, format="html")["translated_text"]
    assert sorted(tags(translated)) == sorted(tags(NESTED))
    plain = post(server, "See all of our kitchen drawers here!")["translated_text"]
    assert re.sub(r"<[^>]+>", " ", translated).split() == plain.split()


def test_779_each_text_of_a_batch_is_detected_on_its_own(server: TestClient) -> None:
    texts = [
        "Hello, my name is Charles and I am eighteen years old. Today I would like to talk about my day.",
        "Olá, meu nome é Carlos e tenho dezoito anos. Hoje eu gostaria de falar sobre o meu dia.",
        "After I have met my friend Mark I take the bus that brings me to school.",
    ]
    answer = post(server, texts, source_language="auto")
    assert answer["source_language"] == ["en", "pt", "en"]
    assert answer["translated_text"][1] == texts[1]
    assert "escola" in answer["translated_text"][2]


def test_779_text_that_says_too_little_is_named_and_not_taken_for_its_neighbours_language(server: TestClient) -> None:
    texts = [
        "Olá, tudo bem com você e com a sua família?",
        "From:",
        " Ana Souza <ana.souza@example.org>",
        "To:",
        " Test",
    ]
    body = {"text": texts, "source_language": "auto", "target_language": "en"}
    answer = server.post("/translate", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "undecidable_language")
    assert "text 4 of 5" in answer.json()["message"]
    assert answer.json()["detail"]["candidates"]
    named = post(server, texts, source_language="pt", target_language="en")["translated_text"]
    assert "ana.souza@example.org" in named[2]
    assert "family" in named[0]
