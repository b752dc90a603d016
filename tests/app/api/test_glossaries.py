from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.keys import hash_key, new_key
from tests.app.conftest import EN_PT, Serve

MINE, OTHER, OPERATOR, ADMIN_ONLY = (new_key() for _ in range(4))
KEYS: dict[str, Any] = {
    "keys": [
        {"name": "mine", "sha256": hash_key(MINE)},
        {"name": "other", "sha256": hash_key(OTHER)},
        {"name": "operator", "sha256": hash_key(OPERATOR), "scopes": ["translate", "admin"]},
        {"name": "admin", "sha256": hash_key(ADMIN_ONLY), "scopes": ["admin"]},
    ]
}
EN_PT_TERMS = {"source_language": "EN", "target_language": "pt", "entries": {"house": "moradia", "garden": "jardim"}}
HOUSES = {"name": "Houses", "dictionaries": [EN_PT_TERMS]}
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve(tiers={"basic": EN_PT})


def make(client: TestClient, body: object = HOUSES, **headers: str) -> dict[str, Any]:
    answer = client.post("/glossaries", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_glossary_is_made_listed_changed_and_deleted(client: TestClient) -> None:
    made = make(client)
    path = f"/glossaries/{made['glossary_id']}"
    assert made["dictionaries"] == [{"source_language": "en", "target_language": "pt", "entry_count": 2}]
    assert client.get("/glossaries").json() == {"glossaries": [made]}
    assert client.get(path).json() == made
    more = {"name": "Homes", "dictionaries": [EN_PT_TERMS | {"entries": "house\tcasa\ndoor\tporta"}]}
    changed = client.patch(path, json=more).json()
    assert (changed["name"], changed["dictionaries"][0]["entry_count"]) == ("Homes", 3)
    assert client.get(f"{path}/entries").json()["entries"] == {"house": "casa", "garden": "jardim", "door": "porta"}
    assert client.delete(path).status_code == 204
    assert client.get(path).json()["code"] == "glossary_not_found"
    assert client.get("/glossaries").json() == {"glossaries": []}


def test_entries_come_as_json_tsv_and_csv(client: TestClient) -> None:
    german = EN_PT_TERMS | {"target_language": "de", "entries": "house,Haus\n", "entries_format": "csv"}
    made = make(client, HOUSES | {"dictionaries": [EN_PT_TERMS, german]})
    path = f"/glossaries/{made['glossary_id']}/entries"
    pair = {"source_language": "en", "target_language": "pt-BR"}
    assert client.get(path).status_code == 400
    assert client.get(path, params=pair).json()["target_language"] == "pt"
    tsv = client.get(path, params=pair | {"format": "tsv"})
    assert (tsv.text, tsv.headers["content-type"]) == (
        "house\tmoradia\ngarden\tjardim\n",
        "text/tab-separated-values; charset=utf-8",
    )
    assert client.get(path, params=pair | {"target_language": "de", "format": "csv"}).text == "house,Haus\n"
    for code in ("fr", "nonsense"):
        assert client.get(path, params=pair | {"target_language": code}).json()["code"] == "glossary_not_found"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"dictionaries": [EN_PT_TERMS | {"entries": "a\tb\na\tc"}]}, 400, "glossary_invalid"),
        ({"dictionaries": [EN_PT_TERMS | {"entries": {"": "x"}}]}, 400, "glossary_invalid"),
        ({"dictionaries": [EN_PT_TERMS | {"entries": {}}]}, 400, "glossary_invalid"),
        ({"dictionaries": [EN_PT_TERMS, EN_PT_TERMS]}, 400, "glossary_invalid"),
        ({"dictionaries": [EN_PT_TERMS | {"target_language": "xx"}]}, 400, "glossary_invalid"),
        ({"name": ""}, 400, "glossary_invalid"),
        ({"dictionaries": []}, 422, "invalid_request"),
        ({"owner": "x"}, 422, "invalid_request"),
    ],
)
def test_glossary_that_cannot_be_kept_is_refused(client: TestClient, change: object, status: int, code: str) -> None:
    answer = client.post("/glossaries", json=HOUSES | dict(change))  # type: ignore[call-overload]
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert client.get("/glossaries").json() == {"glossaries": []}


def test_key_sees_and_uses_its_own_glossaries_alone_and_operators_all(serve: Serve) -> None:
    client = serve(tiers={"basic": EN_PT}, auth=KEYS)
    mine, other, operator = ({"X-API-Key": key} for key in (MINE, OTHER, OPERATOR))
    made = make(client, **mine)
    path = f"/glossaries/{made['glossary_id']}"
    body = {"text": "hello", "source_language": "en", "target_language": "pt", "glossary_id": made["glossary_id"]}
    assert client.get("/glossaries").status_code == 401
    assert client.get("/glossaries", headers={"X-API-Key": ADMIN_ONLY}).json()["code"] == "scope_missing"
    assert client.get("/glossaries", headers=other).json() == {"glossaries": []}
    assert client.get("/glossaries", headers=operator).json() == {"glossaries": [made]}
    for refused in (
        client.get(path, headers=other),
        client.patch(path, json={"name": "x"}, headers=other),
        client.delete(path, headers=other),
        client.get(f"{path}/entries", headers=other),
        client.post("/translate", json=body, headers=other),
    ):
        assert (refused.status_code, refused.json()["code"]) == (404, "glossary_not_found")
    assert client.post("/translate", json=body, headers=mine).status_code == 200
    assert client.delete(path, headers=operator).status_code == 204


def test_translation_with_a_glossary_of_another_pair_is_refused_unless_the_language_was_detected(
    client: TestClient,
) -> None:
    german = EN_PT_TERMS | {"target_language": "de"}
    made = make(client, HOUSES | {"dictionaries": [german]})
    body = {"text": "The garden is very beautiful today.", "target_language": "pt", "glossary_id": made["glossary_id"]}
    refused = client.post("/translate", json=body | {"source_language": "en"})
    assert (refused.status_code, refused.json()["code"]) == (400, "glossary_mismatch")
    assert "it has: en to de" in refused.json()["message"]
    answer = client.post("/translate", json=body).json()
    assert "glossary: it has no dictionary for en to pt, so it was not used." in answer["warnings"]


@pytest.mark.parametrize("wrong", [NOBODY, "x", "../admin", "\x00"])
def test_unknown_glossary_is_a_404_before_anything_is_translated(client: TestClient, wrong: str) -> None:
    body = {"text": "hi", "source_language": "en", "target_language": "pt", "glossary_id": wrong}
    answer = client.post("/translate", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "glossary_not_found")


def test_glossaries_outlive_the_server(serve: Serve) -> None:
    made = make(serve(tiers={"basic": EN_PT}))
    assert serve(tiers={"basic": EN_PT}).get("/glossaries").json() == {"glossaries": [made]}


def test_sentences_are_split_as_deepls_clients_ask(serve: Serve) -> None:
    from model_pool.engines.fake import FakeLoader

    loader = FakeLoader()
    client = serve(loader=loader, tiers={"basic": EN_PT | {"preload": False}}, cache={"max_bytes": 0})
    body = {"text": "one\ntwo. Three.", "source_language": "en", "target_language": "pt"}
    counts, answers = [], []
    for split in ("1", "nonewlines", "0"):
        before = sum(map(len, loader.loaded[0].batches)) if loader.loaded else 0
        answers.append(client.post("/translate", json=body | {"split_sentences": split}).json()["translated_text"])
        counts.append(sum(map(len, loader.loaded[0].batches)) - before)
    assert counts == [3, 2, 1]
    assert answers == ["one\ntwo. Three.", "one two. Three.", "one two. Three."]
    assert client.post("/translate", json=body | {"split_sentences": "yes"}).status_code == 422
