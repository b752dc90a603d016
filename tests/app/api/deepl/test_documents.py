from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.deepl.documents import shown
from app.jobs import Job, JobState
from app.keys import hash_key, new_key
from tests.app.conftest import EN_PT, Serve
from tests.fakes import documents

KEY = {"Authorization": "DeepL-Auth-Key any"}
FIELDS = {"source_lang": "EN", "target_lang": "PT-BR"}
PAGE = ("a.txt", b"One line.\nAnother.\n")


@pytest.fixture(autouse=True)
def _lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, documents.MODULE, documents)


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve(tiers={"basic": EN_PT})


def upload(client: TestClient, fields: dict[str, str] | None = None, *, headers: dict[str, str] = KEY) -> Any:  # noqa: ANN401 - a response
    return client.post("/v2/document", data=FIELDS | (fields or {}), files={"file": PAGE}, headers=headers)


def over(client: TestClient, handle: dict[str, str]) -> dict[str, Any]:
    while True:
        answer = client.post(f"/v2/document/{handle['document_id']}", json={"document_key": handle["document_key"]})
        assert answer.status_code == 200, answer.text
        status: dict[str, Any] = answer.json()
        if status["status"] in {"done", "error"}:
            return status


def test_document_goes_the_whole_way_by_json_and_by_form(client: TestClient) -> None:
    handle = upload(client).json()
    assert re.fullmatch(r"[0-9A-F]{32}", handle["document_id"])
    assert re.fullmatch(r"[0-9a-f]{64}", handle["document_key"])
    assert over(client, handle) == {
        "document_id": handle["document_id"],
        "status": "done",
        "billed_characters": len("One line.Another."),
    }
    path = f"/v2/document/{handle['document_id'].lower()}/result"
    key = {"document_key": handle["document_key"]}
    for answer in (client.post(path, json=key), client.post(path, data=key, headers=KEY)):
        assert answer.content == b"pt|One line.\npt|Another.\n"
        assert answer.headers["content-disposition"].startswith("attachment; ")


def test_seconds_that_remain_are_whole_and_only_told_while_it_is_translated() -> None:
    job = Job(
        id="01234567-89ab-cdef-0123-456789abcdef",
        owner="",
        filename="a.txt",
        format="txt",
        state=JobState.TRANSLATING,
        source="en",
        target="pt",
        tier=None,
        created=datetime(2026, 1, 31, tzinfo=UTC),
        characters=100,
        seconds_remaining=1.2,
    )
    translating = shown(job)
    assert (translating.document_id, translating.seconds_remaining) == ("0123456789ABCDEF0123456789ABCDEF", 2)
    assert translating.billed_characters is None
    done = shown(replace(job, state=JobState.DONE, seconds_remaining=0.0))
    assert (done.seconds_remaining, done.billed_characters) == (None, 100)
    assert shown(replace(job, state=JobState.QUEUED, seconds_remaining=None)).seconds_remaining is None


def test_document_is_kept_from_who_has_another_key_of_it(client: TestClient) -> None:
    handle = upload(client).json()
    over(client, handle)
    for path in ("", "/result"):
        answer = client.post(f"/v2/document/{handle['document_id']}{path}", json={"document_key": "0" * 64})
        assert (answer.status_code, answer.json()["detail"]) == (404, "document_not_found")


def test_several_glossaries_are_joined_for_a_document(client: TestClient) -> None:
    ids = []
    for translation in ("FIRST", "SECOND"):
        new = {"name": "n", "source_lang": "en", "target_lang": "pt", "entries": f"line\t{translation}"}
        ids.append(client.post("/v2/glossaries", json=new).json()["glossary_id"])
    for wanted, word in ((",".join(ids), b"FIRST"), (",".join(reversed(ids)), b"SECOND")):
        handle = upload(client, {"glossary_ids": wanted}).json()
        over(client, handle)
        key = {"document_key": handle["document_key"]}
        assert word in client.post(f"/v2/document/{handle['document_id']}/result", json=key).content


def test_document_that_failed_says_why_in_both_of_deepls_fields(client: TestClient) -> None:
    broken = {"file": ("a.txt", b"!broken")}
    handle = client.post("/v2/document", data=FIELDS, files=broken, headers=KEY).json()
    status = over(client, handle)
    assert (status["status"], status["error_message"], status["message"]) == (
        "error",
        *["The document is damaged."] * 2,
    )
    answer = client.post(f"/v2/document/{handle['document_id']}/result", json={"document_key": handle["document_key"]})
    assert (answer.status_code, answer.json()["detail"]) == (400, "document_failed")


def test_field_with_a_filename_wins_and_a_document_keeps_its_format(client: TestClient) -> None:
    assert upload(client, {"filename": "b.txt", "output_format": "TXT"}).status_code == 200
    assert upload(client, {"output_format": "docx"}).json()["detail"] == "option_refused"
    assert upload(client, {"filename": "b.pdf"}).json()["detail"] == "unsupported_document"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"target_lang": "xx"}, 400, "unknown_language"),
        ({"formality": "less"}, 400, "option_refused"),
        ({"style_id": "x"}, 400, "option_refused"),
        ({"translation_memory_id": "x"}, 400, "option_refused"),
        ({"glossary_id": "x"}, 404, "glossary_not_found"),
        ({"glossary_ids": "x,y"}, 404, "glossary_not_found"),
        ({"glossary_ids": "a,b,c,d,e,f"}, 400, "invalid_request"),
    ],
)
def test_what_cannot_be_done_is_refused(client: TestClient, fields: dict[str, str], status: int, code: str) -> None:
    answer = upload(client, fields)
    assert (answer.status_code, answer.json()["detail"]) == (status, code)


def test_upload_without_a_file_or_from_a_web_page_is_refused(client: TestClient) -> None:
    for headers in ({"Content-Type": "application/json"}, {"Content-Type": "application/x-www-form-urlencoded"}):
        answer = client.post("/v2/document", content=b"{}", headers=KEY | headers)
        assert (answer.status_code, answer.json()["detail"]) == (400, "invalid_request")
    assert upload(client, headers={"Origin": "https://evil.example.org"}).status_code == 403


def test_server_that_takes_no_documents_says_so(serve: Serve) -> None:
    client = serve(tiers={"basic": EN_PT}, documents={"enabled": False})
    answer = upload(client)
    assert (answer.status_code, answer.json()["detail"]) == (404, "documents_disabled")


def test_document_over_its_limit_is_a_413(serve: Serve) -> None:
    client = serve(tiers={"basic": EN_PT}, documents={"max_bytes": 10})
    assert upload(client).status_code == 413


def test_document_of_another_key_is_not_there_even_with_its_own_key(serve: Serve) -> None:
    mine, other = new_key(), new_key()
    keys = [{"name": "mine", "sha256": hash_key(mine)}, {"name": "other", "sha256": hash_key(other)}]
    client = serve(tiers={"basic": EN_PT}, auth={"keys": keys})
    me, them = ({"Authorization": f"DeepL-Auth-Key {key}"} for key in (mine, other))
    handle = upload(client, headers=me).json()
    for path in ("", "/result"):
        answer = client.post(
            f"/v2/document/{handle['document_id']}{path}", json={"document_key": handle["document_key"]}, headers=them
        )
        assert (answer.status_code, answer.json()["detail"]) == (404, "document_not_found")


@pytest.mark.parametrize("document_id", ["nonsense", "0" * 32, "00000000-0000-0000-0000-000000000000"])
def test_document_that_is_not_there_is_a_404(client: TestClient, document_id: str) -> None:
    for path in ("", "/result"):
        answer = client.post(f"/v2/document/{document_id}{path}", json={"document_key": "x"})
        assert (answer.status_code, answer.json()["detail"]) == (404, "document_not_found")
