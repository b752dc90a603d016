"""Markup through the whole server on the embedded checkpoints."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.embedded import HOUSE_IN_PORTUGUESE


def translated(server: TestClient, text: str, form: str, **others: object) -> str:
    body = {"text": text, "source_language": "en", "target_language": "pt", "format": form} | others
    answer = server.post("/translate", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["translated_text"])


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        (
            "html",
            "<p>The <b>house</b> is red.</p><script>a < b</script>",
            f"<p>{HOUSE_IN_PORTUGUESE.replace('casa', '<b>casa</b>')}</p><script>a < b</script>",
        ),
        ("html", '<p translate="no">The house.</p><p>The house.</p>', '<p translate="no">The house.</p><p>A casa.</p>'),
        ("xml", "<a><b>The house is red.</b><c/></a>", f"<a><b>{HOUSE_IN_PORTUGUESE}</b><c/></a>"),
        ("markdown", "# The house\n\n- `make` it\n", None),
    ],
)
def test_words_are_translated_and_markup_stays(server: TestClient, form: str, text: str, expected: str | None) -> None:
    made = translated(server, text, form)
    if expected is None:
        assert made.startswith("# A casa\n\n- ")
        assert "`make`" in made
    else:
        assert made == expected


@pytest.mark.parametrize(
    ("text", "options", "kept"),
    [
        ("<a><k>The house.</k><b>The house.</b></a>", {"ignore_tags": ["k"]}, "<k>The house.</k><b>A casa.</b>"),
        ("<P>The house.</P><KBD>The house.</KBD>", {"format": "html", "ignore_tags": ["P"]}, "<P>The house.</P>"),
    ],
)
def test_ignored_tags_stay_as_they_are(server: TestClient, text: str, options: dict[str, Any], kept: str) -> None:
    assert kept in translated(server, text, options.pop("format", "xml"), **options)


def test_splitting_tags_end_a_sentence(server: TestClient) -> None:
    text = "<t>The house<s/>is red.</t>"
    whole = translated(server, text, "xml", outline_detection=False)
    apart = translated(server, text, "xml", outline_detection=False, splitting_tags=["s"])
    assert whole != apart
    assert whole.count("<s/>") == apart.count("<s/>") == 1


def test_malformed_xml_is_a_400_that_says_where(server: TestClient) -> None:
    body = {"text": "<a><b>The house.</a>", "source_language": "en", "target_language": "pt", "format": "xml"}
    answer = server.post("/translate", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_markup")
    assert answer.json()["detail"]["line"] == 1
