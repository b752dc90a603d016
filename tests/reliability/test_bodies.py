"""Bodies that are odd, broken or huge: an answer or a typed error in the one shape, and never a 5xx."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import load_settings
from model_pool.engines.fake import FakeLoader
from tests.app.conftest import BOTH, Serve, override
from tests.embedded import WALK_IN_PORTUGUESE
from tests.reliability.wire import english

JSON = {"content-type": "application/json"}
PATHS = ["/translate", "/translate/batch", "/detect-language"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One server over fake engines for all that leaves no trace in it."""
    settings = override(load_settings(), {"tiers": {"basic": BOTH}}, tmp_path_factory.mktemp("bodies"))
    with TestClient(create_app(settings, loader=FakeLoader()), raise_server_exceptions=False) as client:
        yield client


def post(client: TestClient, content: bytes, path: str = "/translate", headers: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - httpx's or httpx2's
    return client.post(path, content=content, headers=JSON if headers is None else headers)


def translated(client: TestClient, text: str) -> str:
    answer = client.post("/translate", json=english(text))
    assert answer.status_code == 200, answer.text
    result: str = answer.json()["translated_text"]
    return result


def body(**fields: object) -> bytes:
    return json.dumps(english("Hello there") | fields).encode()


BODIES: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \r\n\t",
    "null": b"null",
    "a number": b"5",
    "a string": b'"text"',
    "Latin-1": '{"text": "café"}'.encode("latin-1"),
    "half a character": b'{"text": "caf\xc3"}',
    "an overlong encoding": b'{"text": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"text": "\xed\xa0\x80"}',
    "UTF-16": body().decode().encode("utf-16"),
    "UTF-16 without a mark": body().decode().encode("utf-16-le"),
    "UTF-32": body().decode().encode("utf-32"),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + body(),
    "gzip": gzip.compress(body()),
    "a lone surrogate as text": body(text="a\ud800b"),
    "a lone surrogate as field": body(**{"a\ud800b": 1}),
    "a lone surrogate as tier": body(model_type="\udfff"),
    "a lone surrogate as language": body(target_language="\ud800"),
    "halves in the wrong order": b'{"text": "\\ude00\\ud83d", "target_language": "pt"}',
    "NUL as text": body(text="\0"),
    "NUL in text": body(text="Hello\0there"),
    "NUL as tier": body(model_type="\0"),
    "NUL as language": body(source_language="\0"),
    "bare NULs": bytes(1000),
    "a raw control character": b'{"text": "a\x01b", "target_language": "pt"}',
    "deep arrays": b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep arrays without end": b"[" * 100_000,
    "deep objects": b'{"a": ' * 100_000 + b"1" + b"}" * 100_000,
    "a number of 5,000 digits": b'{"text": ' + b"9" * 5000 + b"}",
    "a number beyond floats": body().replace(b'"pt"', b"1e400"),
    "not a number": body().replace(b'"pt"', b"NaN"),
    "infinity": body().replace(b'"pt"', b"-Infinity"),
    "every type for text": b'{"text": [1, null, true, 1.5, {}, []], "target_language": "pt"}',
    "an endless tier": body(model_type="x" * 1_000_000),
    "an endless language": body(target_language="x" * 1_000_000),
    "text after the end": body() + b"{}",
    "only a comma": b",",
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content", BODIES.values(), ids=BODIES.keys())
def test_odd_body_ends_in_an_answer_or_a_typed_error(client: TestClient, path: str, content: bytes) -> None:
    answer = post(client, content, path)
    assert answer.status_code in {200, 400, 404, 413, 422}, answer.text
    if answer.status_code != 200:
        assert set(answer.json()) == {"code", "message", "detail"}
        assert answer.json()["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "nonsense"},
        {"content-type": "application/json; charset=utf-7"},
        JSON | {"content-encoding": "gzip"},
        JSON | {"content-encoding": "br, gzip"},
    ],
)
@pytest.mark.parametrize("content", [body(), gzip.compress(body())], ids=["plain", "gzip"])
def test_wrong_content_type_or_encoding_is_no_server_error(
    client: TestClient, headers: dict[str, str], content: bytes
) -> None:
    answer = post(client, content, headers=headers)
    assert answer.status_code in {200, 400, 415, 422}
    if answer.status_code != 200:
        # A form can only be LibreTranslate's, and is told in that dialect.
        form = headers.get("content-type", "").startswith(("application/x-www-form", "multipart/"))
        assert set(answer.json()) == ({"error"} if form else {"code", "message", "detail"})


def test_announced_length_of_thousands_of_digits_is_no_server_error(client: TestClient) -> None:
    """uvicorn refuses such a header itself; another server in front of the application may not."""
    assert post(client, body(), headers=JSON | {"content-length": "9" * 5000}).status_code < 500


def test_last_of_duplicate_keys_counts(client: TestClient) -> None:
    answer = post(client, body().replace(b"{", b'{"text": "first", "text": "second", ', 1))
    assert answer.json()["original_text"] == "Hello there"


@pytest.mark.parametrize("content", [b"[%s]", b'{"text": [%s], "target_language": "pt"}'], ids=["requests", "texts"])
def test_very_many_mistakes_are_answered_shortly_and_soon(client: TestClient, content: bytes) -> None:
    mistakes = content % b",".join([b"1"] * 100_000)
    started = time.monotonic()
    answer = post(client, mistakes, "/translate/batch" if content[:1] == b"[" else "/translate")
    assert answer.status_code in {413, 422}
    assert len(answer.content) < 100_000
    assert time.monotonic() - started < 2


def test_mistake_names_the_field_and_no_internals(client: TestClient) -> None:
    answer = post(client, b'{"text": 5, "target_language": "pt"}')
    assert "function" not in answer.text
    assert "_encodable" not in answer.text


UNTRANSLATABLE = {
    "emoji in ZWJ sequences": "👨‍👩‍👧‍👦 🏳️‍🌈 👩🏽‍🚀 1️⃣ 🇧🇷",
    "right-to-left marks": "\u200f42\u200e \u202b(7)\u202c \u2067!\u2069",
    "joiners alone": "\u200d \u200c \u200b \u2060 \ufeff",
    "controls": "\0 \x01\x1f \x7f\x85",
    "spaces of all widths": "\u00a0\u2003\u3000\u202f\t\v\f\r\n\u2028\u2029",
    "combining marks alone": "\u0301\u0301\u20dd",
    "private use and unassigned": "\ue000 \U000f0000 \u0378",
    "non-characters": "\ufffe\uffff\U0010ffff",
}


@pytest.mark.parametrize("text", UNTRANSLATABLE.values(), ids=UNTRANSLATABLE.keys())
def test_what_cannot_be_translated_comes_back_to_the_last_character(client: TestClient, text: str) -> None:
    assert translated(client, text) == text


@pytest.mark.parametrize("text", UNTRANSLATABLE.values(), ids=UNTRANSLATABLE.keys())
def test_what_cannot_be_translated_stays_on_lines_around_words(server: TestClient, text: str) -> None:
    answer = translated(server, f"{text}\nShall we walk?\n{text}")
    assert answer == f"{text}\n{WALK_IN_PORTUGUESE}\n{text}"


@pytest.mark.parametrize("kept", ["👨‍👩‍👧", "{{name}}", "{count}"])
def test_what_cannot_be_translated_survives_between_words(server: TestClient, kept: str) -> None:
    # LibreTranslate #944, #123: {{name}} and %1$s came back broken.
    assert kept in translated(server, f"Hello {kept} my friend, the house is red.")


def test_numbered_placeholder_survives_between_words(server: TestClient) -> None:
    assert "%1$s" in translated(server, "Hello, you have %1$s new messages.")


@pytest.mark.parametrize(
    "character",
    [
        *(pytest.param(letter, marks=pytest.mark.slow) for letter in "aé"),
        "家",
        "🙂",
        "\u200d",
        "\0",
        " ",
        "\n",
        ".",
        "\u0301",
    ],
)
def test_ten_megabytes_of_one_character_are_answered(serve: Serve, character: str) -> None:
    size = 10_000_000 // len(character.encode())
    client = serve(tiers={"basic": BOTH}, server={"max_body_bytes": 80_000_000}, limits={"max_characters": 10_000_000})
    content = json.dumps(english(character * size), ensure_ascii=False).encode()
    started = time.monotonic()
    answer = post(client, content)
    assert answer.status_code == 200, answer.text[:200]
    assert answer.json()["translated_text"].count(character) >= size * 0.99
    assert time.monotonic() - started < 120  # for ever, on a machine that others use too


@pytest.mark.parametrize("character", ["家", "🙂", "\u200d", "\0", "\n", "\u200f"])
def test_ten_megabytes_of_one_character_in_an_unknown_language_are_answered(serve: Serve, character: str) -> None:
    size = 10_000_000 // len(character.encode())
    client = serve(tiers={"basic": BOTH}, server={"max_body_bytes": 80_000_000}, limits={"max_characters": 10_000_000})
    content = json.dumps(english(character * size, source_language="auto"), ensure_ascii=False).encode()
    for path in ("/translate", "/detect-language"):
        answer = post(client, content, path)
        assert answer.status_code in {200, 400, 422}, answer.text[:200]
        if answer.status_code != 200:
            assert set(answer.json()) == {"code", "message", "detail"}


@pytest.mark.parametrize("text", UNTRANSLATABLE.values(), ids=UNTRANSLATABLE.keys())
def test_what_has_no_language_comes_back_whatever_is_asked_for(client: TestClient, text: str) -> None:
    answer = client.post("/translate", json=english(text, source_language="auto"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["translated_text"] == text
