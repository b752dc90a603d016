from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.documents import FORMATS
from app.keys import hash_key, new_key
from model_pool.engines.fake import FakeLoader
from model_pool.types import EncodedSegment
from tests.app.conftest import BOTH, EN_PT, Serve
from tests.fakes import documents

MINE, OTHER, OPERATOR = (new_key() for _ in range(3))
KEYS: dict[str, Any] = {
    "keys": [
        {"name": "mine", "sha256": hash_key(MINE), "characters_per_day": 1000},
        {"name": "other", "sha256": hash_key(OTHER)},
        {"name": "operator", "sha256": hash_key(OPERATOR), "scopes": ["translate", "admin"]},
    ]
}
PAIR = {"source_language": "en", "target_language": "pt"}


@pytest.fixture(autouse=True)
def formats(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, documents.MODULE, sys.modules[documents.__name__])
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve(tiers={"basic": BOTH})


def send(client: TestClient, text: str = "one\ntwo", key: str = "", name: str = "a.txt", **fields: Any) -> Any:  # noqa: ANN401 - the test client has its own httpx
    headers = {"X-API-Key": key} if key else {}
    return client.post("/documents", files={"file": (name, text.encode())}, data=PAIR | fields, headers=headers)


def finished(client: TestClient, location: str, **headers: str) -> dict[str, Any]:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        shown: dict[str, Any] = client.get(location, headers=headers).json()
        if shown["status"] in {"done", "error"}:
            return shown
        time.sleep(0.01)
    pytest.fail(f"the document is not done: {shown}")


def test_a_document_is_uploaded_watched_fetched_and_deleted(client: TestClient) -> None:
    answer = send(client, name="réport.txt")
    assert answer.status_code == 202
    made, location = answer.json(), answer.headers["location"]
    assert location == f"/documents/{made['document_id']}"
    assert (made["status"], made["characters"], made["ended"], made["error"]) == ("queued", 0, None, None)
    shown = finished(client, location)
    assert (shown["status"], shown["characters"], shown["characters_done"]) == ("done", 6, 6)
    assert client.get("/documents").json() == {"documents": [shown]}
    result = client.get(f"{location}/result")
    assert (result.status_code, result.text) == (200, "pt|one\npt|two\n")
    assert result.headers["content-type"] == "text/plain"
    assert result.headers["x-content-type-options"] == "nosniff"
    assert result.headers["content-disposition"].endswith("filename*=UTF-8''r%C3%A9port.pt.txt")
    assert client.delete(location).status_code == 204
    for gone in (client.get(location), client.get(f"{location}/result"), client.delete(location)):
        assert (gone.status_code, gone.json()["code"]) == (404, "document_not_found")


def test_formats_are_listed(client: TestClient) -> None:
    formats = client.get("/documents/formats").json()["formats"]
    assert [one["name"] for one in formats] == list(FORMATS)
    assert formats[1] == {"name": "html", "media_type": "text/html", "extensions": ["html", "htm", "xhtml"]}


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"name": "a.pdf"}, 415, "unsupported_document"),
        ({"text": ""}, 400, "broken_document"),
        ({"text": "x" * 1001}, 413, "document_too_large"),
        ({"target_language": "fr"}, 400, "unknown_language"),
        ({"model_type": "gold"}, 404, "unknown_tier"),
        ({"glossary_id": "x"}, 404, "glossary_not_found"),
        ({"split_sentences": "yes"}, 422, "invalid_request"),
        ({"target_language": ""}, 422, "invalid_request"),
        ({"do_not_translate": ""}, 422, "invalid_request"),
        ({"owner": "me"}, 422, "invalid_request"),
    ],
)
def test_an_upload_that_cannot_be_taken_is_refused(
    serve: Serve, fields: dict[str, Any], status: int, code: str
) -> None:
    client = serve(tiers={"basic": BOTH}, documents={"max_bytes": 1000})
    answer = send(client, **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert client.get("/documents").json() == {"documents": []}


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "multipart/form-data; boundary=x", 422),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x", 422),
        (b"--x\r\nContent-Disposition: nonsense\r\n\r\nx\r\n--x--", "multipart/form-data; boundary=x", 400),
        (b"x", "multipart/form-data", 400),
        (b"file=x&target_language=pt", "application/x-www-form-urlencoded", 422),
        (b'{"file": "x", "target_language": "pt"}', "application/json", 422),
    ],
)
def test_a_body_that_is_no_form_with_a_file_is_refused(
    client: TestClient, content: bytes, kind: str, status: int
) -> None:
    answer = client.post("/documents", content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message", "detail"}


def test_uploads_have_a_bound_of_their_own(serve: Serve) -> None:
    client = serve(tiers={"basic": BOTH}, server={"max_body_bytes": 100}, documents={"max_bytes": 2_000_000})
    assert client.post("/translate", json=PAIR | {"text": "x" * 100}).status_code == 413
    large = send(client, "x y\n" * 400_000)
    assert large.status_code == 202
    assert send(client, "x" * 2_000_001).json()["code"] == "document_too_large"
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    body = iter([head, *[b"x" * 1_000_000] * 4])
    streamed = client.post("/documents", content=body, headers={"content-type": "multipart/form-data; boundary=x"})
    assert (streamed.status_code, streamed.json()["code"]) == (413, "body_too_large")
    assert "documents.max_bytes" in streamed.json()["message"]


def test_a_result_comes_when_it_is_ready_and_says_so_until_then(serve: Serve, tmp_path: Path) -> None:
    client = serve(tiers={"basic": BOTH})
    location = send(client, "!hold\none").headers["location"]
    waiting = client.get(f"{location}/result")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "document_not_ready")
    assert waiting.headers["retry-after"] == "2"
    (tmp_path / "go").touch()
    finished(client, location)
    assert client.get(f"{location}/result").text == "pt|one\n"


def test_an_error_of_the_document_is_told_in_the_job_and_for_its_result(client: TestClient) -> None:
    location = send(client, "!broken\none").headers["location"]
    shown = finished(client, location)
    assert shown["error"] == {"code": "broken_document", "message": "The document is damaged.", "detail": None}
    answer = client.get(f"{location}/result")
    assert (answer.status_code, answer.json()["detail"]) == (409, {"error": shown["error"]})


def test_too_many_documents_are_a_429_with_a_time_to_come_back(serve: Serve, tmp_path: Path) -> None:
    client = serve(tiers={"basic": BOTH}, documents={"max_jobs_per_client": 1})
    send(client, "!hold\none")
    answer = send(client)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert int(answer.headers["retry-after"]) > 0
    (tmp_path / "go").touch()


def test_a_full_disk_is_a_507(serve: Serve) -> None:
    client = serve(tiers={"basic": BOTH}, documents={"max_stored": 1})
    answer = send(client)
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")


def test_documents_can_be_switched_off(serve: Serve) -> None:
    answer = send(serve(tiers={"basic": BOTH}, documents={"enabled": False}))
    assert (answer.status_code, answer.json()["code"]) == (404, "documents_disabled")


def test_a_key_sees_its_own_documents_alone_and_operators_all(serve: Serve) -> None:
    client = serve(tiers={"basic": BOTH}, auth=KEYS)
    mine, other, operator = ({"X-API-Key": key} for key in (MINE, OTHER, OPERATOR))
    assert send(client).status_code == client.get("/documents").status_code == 401
    location = send(client, key=MINE).headers["location"]
    shown = finished(client, location, **mine)
    assert client.get("/documents", headers=other).json() == {"documents": []}
    assert client.get("/documents", headers=operator).json() == {"documents": [shown]}
    for refused in (
        client.get(location, headers=other),
        client.get(f"{location}/result", headers=other),
        client.delete(location, headers=other),
    ):
        assert (refused.status_code, refused.json()["code"]) == (404, "document_not_found")
    assert client.get(f"{location}/result", headers=mine).status_code == 200
    assert client.delete(location, headers=operator).status_code == 204


def test_a_quota_counts_documents(serve: Serve) -> None:
    client = serve(tiers={"basic": BOTH}, auth=KEYS)
    mine = {"X-API-Key": MINE}
    assert finished(client, send(client, "x" * 900, key=MINE).headers["location"], **mine)["status"] == "done"
    over = finished(client, send(client, "x" * 900, key=MINE).headers["location"], **mine)
    assert over["error"]["code"] == "quota_exceeded"
    body = PAIR | {"text": "x" * 101}
    assert client.post("/translate", json=body, headers=mine).json()["code"] == "quota_exceeded"


def test_documents_are_in_the_stats_and_the_metrics(client: TestClient) -> None:
    finished(client, send(client).headers["location"])
    finished(client, send(client, "!broken\n").headers["location"])
    assert client.get("/stats").json()["documents"] == {"queued": 0, "translating": 0, "done": 1, "error": 1}
    metrics = client.get("/metrics").text
    assert 'babelpool_documents{state="done"} 1.0' in metrics
    assert 'babelpool_documents_ended_total{format="txt",outcome="done"} 1.0' in metrics
    assert 'babelpool_documents_ended_total{format="txt",outcome="error"} 1.0' in metrics


def test_a_document_that_was_not_done_is_done_by_the_next_server(serve: Serve, tmp_path: Path) -> None:
    first = serve(tiers={"basic": BOTH}, documents={"concurrency": 1})
    held, waiting = (send(first, text).headers["location"] for text in ("!hold\none", "two"))
    (tmp_path / "go").touch()
    second = serve(tiers={"basic": BOTH})
    for location, text in ((held, "pt|one\n"), (waiting, "pt|two\n")):
        finished(second, location)
        assert second.get(f"{location}/result").text == text


def test_a_reload_loses_no_document_and_the_next_window_takes_the_new_tiers(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[int] = []
    go = False

    def hook(_: Sequence[EncodedSegment]) -> None:
        reached.append(1)
        while not go and len(reached) > 2:  # after the canary and the first window
            time.sleep(0.01)

    client = serve(loader=FakeLoader(hook=hook), tiers={"basic": EN_PT | {"preload": False}}, cache={"max_bytes": 0})
    location = send(client, "\n".join(f"{number} words {'x ' * 3990}" for number in range(4))).headers["location"]
    reloader = client.app_state["reloader"]
    before = reloader.services
    while len(reached) < 3:
        time.sleep(0.01)
    assert client.portal is not None
    client.portal.call(reloader.reload)
    assert reloader.services is not before
    assert reloader.services.documents is before.documents
    used: list[int] = []
    translate = reloader.services.translator.translate

    async def watched(*texts: Any, **options: Any) -> Any:  # noqa: ANN401 - passed on
        used.append(1)
        return await translate(*texts, **options)

    monkeypatch.setattr(reloader.services.translator, "translate", watched)
    go = True
    assert finished(client, location)["status"] == "done"
    assert used


def test_the_description_names_the_file_and_every_answer(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    upload = paths["/documents"]["post"]
    assert "multipart/form-data" in upload["requestBody"]["content"]
    assert {"202", "404", "413", "415", "429", "507"} <= set(upload["responses"])
    assert FORMATS["docx"].media_type in paths["/documents/{document_id}/result"]["get"]["responses"]["200"]["content"]
