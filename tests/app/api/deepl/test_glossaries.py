from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.deepl.dictionaries import creation_time
from app.glossaries.glossary import Glossary
from app.keys import hash_key, new_key
from tests.app.conftest import EN_PT, Serve

NEW: dict[str, Any] = {"source_lang": "EN", "target_lang": "PT", "entries": "house\tmoradia", "entries_format": "tsv"}
KEY = {"Authorization": "DeepL-Auth-Key any"}


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve(tiers={"basic": EN_PT})


def test_glossary_of_one_pair_has_deepls_fields_in_both_versions(client: TestClient) -> None:
    made = client.post("/v2/glossaries", json=NEW | {"name": "Houses"})
    assert made.status_code == 201
    shown = made.json()
    path = f"/v2/glossaries/{shown['glossary_id']}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", shown["creation_time"])
    assert shown | {"glossary_id": "", "creation_time": ""} == {
        "glossary_id": "",
        "name": "Houses",
        "ready": True,
        "source_lang": "en",
        "target_lang": "pt",
        "creation_time": "",
        "entry_count": 1,
    }
    assert client.get(path).json() == shown
    assert client.get("/v2/glossaries").json() == {"glossaries": [shown]}
    entries = client.get(f"{path}/entries", headers={"Accept": "text/tab-separated-values"})
    assert (entries.text, entries.headers["content-type"]) == (
        "house\tmoradia\n",
        "text/tab-separated-values; charset=utf-8",
    )
    multilingual = client.get(f"/v3/glossaries/{shown['glossary_id']}").json()
    assert multilingual == {
        "glossary_id": shown["glossary_id"],
        "name": "Houses",
        "creation_time": shown["creation_time"],
        "dictionaries": [{"source_lang": "en", "target_lang": "pt", "entry_count": 1}],
    }
    assert client.delete(path).status_code == 204
    assert client.get(path).json()["detail"] == "glossary_not_found"


def test_time_has_a_fraction_of_the_second_even_where_it_is_none() -> None:
    whole = Glossary("", "", "", datetime(2026, 1, 31, 12, tzinfo=UTC), 1, ())
    assert creation_time(whole) == "2026-01-31T12:00:00.000000Z"


def test_form_of_the_node_client_makes_and_changes_a_glossary_of_several_pairs(client: TestClient) -> None:
    form = {"name": "Houses"}
    for index, target in enumerate(("pt", "de")):
        form |= {f"dictionaries[{index}].{name}": value for name, value in (NEW | {"target_lang": target}).items()}
    made = client.post("/v3/glossaries", data=form, headers=KEY)
    assert made.status_code == 201
    assert [one["target_lang"] for one in made.json()["dictionaries"]] == ["de", "pt"]
    path = f"/v3/glossaries/{made.json()['glossary_id']}"
    changed = client.patch(path, data={"name": "Homes"}, headers=KEY).json()
    assert (changed["name"], changed["dictionaries"]) == ("Homes", made.json()["dictionaries"])
    csv = NEW | {"entries": "a,b\nc,d", "entries_format": "csv"}
    replaced = client.put(f"{path}/dictionaries", data=csv, headers=KEY)
    assert replaced.json() == {"source_lang": "en", "target_lang": "pt", "entry_count": 2}
    pair = {"source_lang": "EN", "target_lang": "PT"}
    (entries,) = client.get(f"{path}/entries", params=pair).json()["dictionaries"]
    assert entries == {"source_lang": "en", "target_lang": "pt", "entries": "a\tb\nc\td\n", "entries_format": "tsv"}
    assert client.delete(f"{path}/dictionaries", params=pair).status_code == 204
    assert client.get(f"{path}/entries", params=pair).json()["detail"] == "glossary_not_found"
    assert [one["target_lang"] for one in client.get(path).json()["dictionaries"]] == ["de"]


def test_glossary_of_several_pairs_is_none_of_the_second_version(client: TestClient) -> None:
    new = {"name": "Houses", "dictionaries": [NEW, NEW | {"target_lang": "DE"}]}
    made = client.post("/v3/glossaries", json=new).json()["glossary_id"]
    assert client.get("/v2/glossaries").json() == {"glossaries": []}
    for method, path in (("GET", ""), ("GET", "/entries"), ("DELETE", "")):
        answer = client.request(method, f"/v2/glossaries/{made}{path}")
        assert (answer.status_code, answer.json()["detail"]) == (404, "glossary_not_found")
        assert "2 dictionaries" in answer.json()["message"]
    assert len(client.get("/v3/glossaries").json()["glossaries"]) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"entries": ""}, "glossary_invalid"),
        ({"entries": "house"}, "glossary_invalid"),
        ({"entries": "house\ta\nhouse\tb"}, "glossary_invalid"),
        ({"target_lang": "EN"}, "glossary_invalid"),
        ({"target_lang": "xx"}, "glossary_invalid"),
        ({"name": " "}, "glossary_invalid"),
        ({"entries_format": "xlsx"}, "invalid_request"),
        ({"entries": 1}, "invalid_request"),
    ],
)
def test_glossary_that_cannot_be_kept_is_a_400(client: TestClient, change: dict[str, object], code: str) -> None:
    answer = client.post("/v2/glossaries", json={"name": "Houses", **NEW, **change})
    assert (answer.status_code, answer.json()["detail"]) == (400, code)
    assert client.get("/v3/glossaries").json() == {"glossaries": []}


def test_pair_that_is_no_pair_of_languages_is_a_400(client: TestClient) -> None:
    made = client.post("/v2/glossaries", json=NEW | {"name": "Houses"}).json()["glossary_id"]
    for params in ({"source_lang": "en"}, {"source_lang": "en", "target_lang": "nonsense"}):
        assert client.get(f"/v3/glossaries/{made}/entries", params=params).status_code == 400


def test_key_neither_sees_nor_uses_the_glossary_of_another(serve: Serve) -> None:
    mine, other = new_key(), new_key()
    keys = [{"name": "mine", "sha256": hash_key(mine)}, {"name": "other", "sha256": hash_key(other)}]
    client = serve(tiers={"basic": EN_PT}, auth={"keys": keys})
    me, them = ({"Authorization": f"DeepL-Auth-Key {key}"} for key in (mine, other))
    made = client.post("/v2/glossaries", json=NEW | {"name": "Houses"}, headers=me).json()["glossary_id"]
    assert client.get("/v3/glossaries", headers=them).json() == {"glossaries": []}
    assert client.delete(f"/v2/glossaries/{made}", headers=them).status_code == 404
    for wanted in ({"glossary_id": made}, {"glossary_ids": [made, made]}):
        body = {"text": ["house"], "source_lang": "EN", "target_lang": "PT", **wanted}
        assert client.post("/v2/translate", json=body, headers=them).status_code == 404
        assert client.post("/v2/translate", json=body, headers=me).status_code == 200
