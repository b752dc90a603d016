"""DeepL's official Node client, as it is on npm, against the real server: one run of node/ask.cjs, told in parts."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import npm
from tests.conformance.deepl.conftest import MONITOR, NODE, SPENT
from tests.embedded import HOUSE_IN_PORTUGUESE

HERE = Path(__file__).parent / "node"
HELLO = "The house is red."
OLA = HOUSE_IN_PORTUGUESE

Answers = dict[str, Any]


@pytest.fixture(scope="session")
def answers(deepl_server: str, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Install the client of package-lock.json and run it once."""
    home = tmp_path_factory.mktemp("node")
    shutil.copytree(HERE, home, dirs_exist_ok=True)
    npm.install(home)
    found: Answers = npm.node(home, "ask.cjs", deepl_server, NODE, SPENT, MONITOR)
    return found


def error(answer: Any) -> str:  # noqa: ANN401 - JSON
    return str(answer["error"])


def test_texts_are_translated_detected_and_billed(answers: Answers) -> None:
    assert answers["one text"] == {"text": OLA, "detectedSourceLang": "en", "billedCharacters": len(HELLO)}
    assert [one["billedCharacters"] for one in answers["texts"]] == [len(HELLO), len("A & B + 50 % = olá?")]
    assert answers["texts"][0]["text"] == OLA
    assert answers["model type"]["modelTypeUsed"] == "quality_optimized"
    assert answers["hints"]["text"] == OLA
    assert answers["xml"]["text"] == f"<doc><par>{OLA}</par><code>{HELLO}</code><i>{HELLO}</i></doc>"


def test_what_cannot_be_done_is_an_error_that_says_so(answers: Answers) -> None:
    for name, said in {
        "formality": "formality 'more'",
        "instructions": "custom_instructions",
        "unknown target": "unknown_language",
    }.items():
        assert (error(answers[name]), said in answers[name]["message"]) == ("DeepLError", True), answers[name]
    for name in ("rephrase", "style rules"):
        assert "is not offered here" in answers[name]["message"]


def test_languages_and_usage_are_listed(answers: Answers) -> None:
    assert [one["code"] for one in answers["source languages"]] == ["en", "pt"]
    assert [one["code"] for one in answers["target languages"]] == ["en-GB", "en-US", "pt-BR", "pt-PT"]
    assert [one["supportsFormality"] for one in answers["target languages"]] == [False] * 4
    assert answers["glossary pairs"] == [
        {"sourceLang": "en", "targetLang": "pt"},
        {"sourceLang": "pt", "targetLang": "en"},
    ]
    assert answers["usage"]["character"] == {"count": 0, "limit": 1_000_000_000_000}


def test_keys_that_do_not_do_raise_the_clients_own_errors(answers: Answers) -> None:
    assert error(answers["wrong key"]) == "AuthorizationError"
    assert error(answers["no scope"]) == "AuthorizationError"
    assert error(answers["over quota"]) == "QuotaExceededError"


def test_glossary_of_one_pair_lives_and_is_used(answers: Answers) -> None:
    made = answers["create"]
    assert (made["name"], made["sourceLang"], made["targetLang"], made["entryCount"]) == ("Houses", "en", "pt", 2)
    assert made["ready"] is True
    assert made["creationTime"] is not None
    assert answers["get"] == made
    assert answers["list"] == [made, answers["create from csv"]]
    assert answers["entries"] == {"house": "moradia", "garden": "horta"}
    assert "moradia" in answers["use"]["text"]
    assert "moradia" in answers["use both"]["text"]
    assert answers["delete"] is None
    assert error(answers["gone"]) == "GlossaryNotFoundError"


def test_glossary_of_several_pairs_lives(answers: Answers) -> None:
    made = answers["v3 create"]
    assert [(one["targetLangCode"], one["entryCount"]) for one in made["dictionaries"]] == [("de", 1), ("pt", 1)]
    assert answers["v3 get"] == made
    assert answers["v3 list"] == [made]
    assert answers["v3 rename"] == made | {"name": "Homes"}
    assert answers["v3 add"]["dictionaries"][1]["entryCount"] == 2
    assert answers["v3 entries"] == {"house": "moradia", "door": "porta", "roof": "teto"}
    assert answers["v3 replace"]["entryCount"] == 2
    assert answers["v3 replace csv"] == {"sourceLangCode": "en", "targetLangCode": "de", "entryCount": 1}
    assert answers["v3 delete dictionary"] is None
    assert answers["v3 create csv"]["name"] == "Csv"
    assert answers["v3 delete"] is None
    assert error(answers["v3 gone"]) == "GlossaryNotFoundError"


def test_document_is_translated(answers: Answers) -> None:
    assert len(answers["upload"]["documentId"]) == 32
    assert (answers["wait"]["status"], answers["wait"]["billedCharacters"]) == ("done", len(HELLO))
    assert answers["download"] == f"{OLA}\n"
    assert "document_not_found" in answers["wrong document key"]["message"]
    assert "unsupported_document" in answers["unsupported document"]["message"]
    assert "option_refused" in answers["formal document"]["message"]
