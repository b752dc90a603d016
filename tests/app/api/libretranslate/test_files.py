from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from app.api.libretranslate.reading import KEYLESS_BYTES
from app.keys import hash_key, new_key
from tests.app.conftest import EN_PT, Serve
from tests.fakes import documents

KEY = new_key()
KEYS = [{"name": "client", "sha256": hash_key(KEY), "requests_per_minute": 5, "characters_per_day": 100}]
WANTED = {"source": "en", "target": "pt"}
FILE = ("notes.txt", b"hello\nworld\n", "text/plain")


@pytest.fixture(autouse=True)
def _parsers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, documents.MODULE, documents)
    monkeypatch.chdir(tmp_path)  # where "!hold" looks for its end


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve(tiers={"basic": EN_PT})


@pytest.fixture
def guarded(serve: Serve) -> TestClient:
    return serve(tiers={"basic": EN_PT}, auth={"keys": KEYS})


def refused(answer: Any, status: int, word: str = "") -> bool:  # noqa: ANN401 - the test client's response
    assert answer.status_code == status, answer.text
    return list(answer.json()) == ["error"] and word in answer.json()["error"]


def multipart(*parts: tuple[str, bytes]) -> dict[str, Any]:
    """A form with its parts in this order; `file` is one."""
    body = b""
    for name, value in parts:
        file = '; filename="notes.txt"' if name == "file" else ""
        body += f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + value + b"\r\n"
    return {"content": body + b"--x--\r\n", "headers": {"content-type": "multipart/form-data; boundary=x"}}


def test_document_is_answered_with_the_address_of_its_translation(client: TestClient) -> None:
    answer = client.post("/translate_file", data=WANTED, files={"file": FILE})
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["translatedFileUrl"]
    address = urlsplit(answer.json()["translatedFileUrl"])
    assert (address.scheme, address.netloc) == ("http", "testserver")
    assert address.path.startswith("/download_file/")
    assert address.path.endswith(".notes.pt.txt")
    fetched = client.get(answer.json()["translatedFileUrl"])
    assert fetched.content == b"pt|hello\npt|world\n"
    assert 'filename="notes.pt.txt"' in fetched.headers["content-disposition"]


def test_address_cannot_be_guessed_or_shortened(client: TestClient) -> None:
    url = client.post("/translate_file", data=WANTED, files={"file": FILE}).json()["translatedFileUrl"]
    (key,) = parse_qs(urlsplit(url).query)["key"]
    assert len(key) >= 32
    bare = url.partition("?")[0]
    for wrong in (bare, f"{bare}?key=", f"{bare}?key={key[:-1]}", "/download_file/x", "/download_file/..%2f..?key=x"):
        assert refused(client.get(wrong), 404)


@pytest.mark.parametrize(
    ("data", "files", "word"),
    [
        (WANTED, {}, "multipart/form-data"),
        (WANTED, {"other": FILE}, "`file`"),
        (WANTED, {"file": (None, b"hello")}, "`file`"),
        (WANTED, {"file": ("notes.exe", b"hello")}, "exe"),
        (WANTED, {"file": ("notes.txt", b"")}, "empty"),
        (WANTED, {"file": ("notes.txt", b"!broken\n")}, "damaged"),
        ({"source": "en"}, {"file": FILE}, "target"),
        ({"target": "pt", "source": ""}, {"file": FILE}, "source"),
        (WANTED | {"target": "xx"}, {"file": FILE}, "'xx'"),
    ],
)
def test_what_is_wrong_with_a_document_is_a_400(
    client: TestClient, data: dict[str, str], files: dict[str, Any], word: str
) -> None:
    assert refused(client.post("/translate_file", data=data, files=files), 400, word)


def test_document_over_the_limit_is_a_400_and_documents_may_be_off(serve: Serve) -> None:
    small = serve(tiers={"basic": EN_PT}, documents={"max_bytes": 5})
    assert refused(small.post("/translate_file", data=WANTED, files={"file": FILE}), 400, "documents.max_bytes")
    off = serve(tiers={"basic": EN_PT}, documents={"enabled": False})
    assert refused(off.post("/translate_file", data=WANTED, files={"file": FILE}), 403)
    assert off.get("/frontend/settings").json()["supportedFilesFormat"] == []


def test_settings_name_the_extensions_of_documents(client: TestClient) -> None:
    settings = client.get("/frontend/settings").json()
    assert settings["filesTranslation"] is True
    assert {".txt", ".docx", ".odt", ".epub", ".srt", ".html"} <= set(settings["supportedFilesFormat"])


def test_document_that_nobody_waits_for_any_more_is_forgotten(client: TestClient) -> None:
    headers = {"X-Request-Timeout": "0.3"}
    held = {"file": ("notes.txt", b"!hold\nhello\n")}
    assert refused(client.post("/translate_file", data=WANTED, files=held, headers=headers), 504)
    assert client.get("/documents").json() == {"documents": []}
    Path("go").touch()


def test_key_in_front_of_the_file_or_in_the_head_lets_any_file_in(guarded: TestClient) -> None:
    big = b"hello\n" + b"\n" * (2 * KEYLESS_BYTES)
    wanted = [(name, value.encode()) for name, value in WANTED.items()]
    first = guarded.post("/translate_file", **multipart(("api_key", KEY.encode()), ("file", big), *wanted))
    in_query = guarded.post(f"/translate_file?api_key={KEY}", **multipart(("file", big), *wanted))
    form = multipart(("file", big), *wanted)
    form["headers"]["X-API-Key"] = KEY
    in_header = guarded.post("/translate_file", **form)
    assert [one.status_code for one in (first, in_query, in_header)] == [200, 200, 200]
    assert guarded.get(first.json()["translatedFileUrl"]).content.startswith(b"pt|hello\n")


def test_key_behind_a_small_file_is_found_and_behind_a_large_one_not_looked_for(guarded: TestClient) -> None:
    wanted = [(name, value.encode()) for name, value in WANTED.items()]
    last = ("api_key", KEY.encode())
    assert guarded.post("/translate_file", **multipart(("file", b"hello"), *wanted, last)).status_code == 200
    big = guarded.post("/translate_file", **multipart(("file", b"x" * KEYLESS_BYTES), *wanted, last))
    assert refused(big, 400, "before the file")


def test_upload_without_a_key_or_with_a_wrong_one_is_refused(guarded: TestClient) -> None:
    assert refused(guarded.post("/translate_file", data=WANTED, files={"file": FILE}), 400, "api_key")
    wrong = guarded.post("/translate_file", data=WANTED | {"api_key": "nonsense"}, files={"file": FILE})
    assert refused(wrong, 403)
    spent = {"file": ("notes.txt", b"x" * 101)}
    assert refused(guarded.post("/translate_file", data=WANTED | {"api_key": KEY}, files=spent), 403, "per day")


def test_page_of_another_origin_cannot_upload(client: TestClient) -> None:
    headers = {"origin": "https://evil.example.org"}
    assert refused(client.post("/translate_file", data=WANTED, files={"file": FILE}, headers=headers), 403)
