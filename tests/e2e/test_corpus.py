"""The nasty lines and a long document through the whole server on the embedded checkpoints."""

from __future__ import annotations

import re
import time

import pytest
from fastapi.testclient import TestClient

from benchmarks.corpus import Answer, ask, lost, read

LINES = read()
MUST_BE_WHOLE = ["placeholders", "icu", "tags"]
LONG = 200_000


@pytest.fixture(scope="module")
def answers(server: TestClient) -> dict[str, list[Answer]]:
    found: dict[str, list[Answer]] = {}
    for answer in ask(server, LINES):
        found.setdefault(answer.line.category, []).append(answer)
    return found


def test_corpus_is_large_and_its_own_sources_are_whole() -> None:
    assert len(LINES) >= 300
    assert [line for line in LINES if lost(line, line.text)] == []
    assert len({(line.text, line.source) for line in LINES}) == len(LINES)


@pytest.mark.parametrize("category", MUST_BE_WHOLE)
def test_every_placeholder_and_tag_comes_back(answers: dict[str, list[Answer]], category: str) -> None:
    assert [(answer.line.text, answer.text, answer.lost) for answer in answers[category] if answer.lost] == []


def test_nearly_everything_else_comes_back_as_well(answers: dict[str, list[Answer]]) -> None:
    others = [answer for name, found in answers.items() if name not in MUST_BE_WHOLE for answer in found]
    broken = [(answer.line.text, answer.text, answer.lost) for answer in others if answer.lost]
    assert len(broken) <= 0.05 * len(others), broken


def test_no_line_is_refused_or_comes_back_empty(answers: dict[str, list[Answer]]) -> None:
    plain = [answer for found in answers.values() for answer in found if answer.line.format == "text"]
    assert [answer.line.text for answer in plain if not answer.text or "everything" in answer.lost] == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_sentence_of_a_long_document_comes_back_in_its_place(server: TestClient) -> None:
    places = ["house", "garden", "bridge", "market", "river"]
    sentences: list[str] = []
    while sum(map(len, sentences)) < LONG:
        number = len(sentences) + 1000
        end = "\n\n" if number % 7 == 0 else " "
        sentences.append(f"Visitor number {number} walked to the old {places[number % 5]} in the morning.{end}")
    document = "".join(sentences)
    started = time.monotonic()
    answer = server.post("/translate", json={"text": document, "source_language": "en", "target_language": "pt"})
    assert answer.status_code == 200, answer.text
    translated = answer.json()["translated_text"]
    numbers = [int(number) for number in re.findall(r"\d+", translated)]
    assert numbers == list(range(1000, 1000 + len(sentences)))
    assert translated.count("\n\n") == document.count("\n\n")
    assert len(re.findall(r"[.!?]", translated)) == len(sentences), f"after {time.monotonic() - started:.0f} s"
