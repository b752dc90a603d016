from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from benchmarks.sentences import generated
from tests.e2e.conftest import Server

Launch = Callable[..., Server]
ONE_AT_A_TIME = {"BABELPOOL_ENGINE__INTER_THREADS": "1", "BABELPOOL_CACHE__MAX_BYTES": "0"}
"""A translation may differ a little with the batch that it is in; so the batches are always the same."""

TEXT = "\n\n".join(generated(400))


def send(server: Server, text: str, name: str = "a.txt") -> str:
    file = {"file": (name, text.encode())}
    answer = httpx.post(f"{server.url}/documents", files=file, data={"target_language": "pt"}, timeout=30)
    assert answer.status_code == 202, answer.text
    return f"{server.url}{answer.headers['location']}"


def wait(address: str, enough: Callable[[dict[str, Any]], bool], within: float = 90) -> dict[str, Any]:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        shown: dict[str, Any] = httpx.get(address, timeout=30).json()
        if enough(shown):
            return shown
        time.sleep(0.02)
    pytest.fail(f"the document does not get there: {shown}")


def result(address: str) -> bytes:
    shown = wait(address, lambda one: one["status"] in {"done", "error"})
    assert shown["status"] == "done", shown
    return httpx.get(f"{address}/result", timeout=30).content


def moved(address: str, server: Server) -> str:
    """The same document on another server."""
    return f"{server.url}/documents/{address.rpartition('/')[2]}"


def test_a_page_is_translated_with_its_markup(launch: Launch) -> None:
    server = launch()
    server.wait_ready()
    page = "<!doctype html>\n<p class=x>The weather is <b>nice</b> today.</p>\n<!-- kept -->\n"
    address = send(server, page, "page.html")
    assert result(address).decode() == ("<!doctype html>\n<p class=x>O tempo é <b>bom</b> hoje.</p>\n<!-- kept -->\n")
    assert httpx.get(address).json()["source_language"] == "en"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_document_of_a_server_that_is_killed_twice_is_the_same_to_the_last_byte(launch: Launch) -> None:
    server = launch(**ONE_AT_A_TIME)
    server.wait_ready()
    undisturbed = result(send(server, TEXT))
    assert undisturbed.count(b"\n\n") == 399
    address = send(server, TEXT)
    for characters in (1, 20_000):
        wait(address, lambda one, least=characters: one["characters_done"] >= least)  # type: ignore[misc]
        server.process.kill()
        server.process.wait(30)
        server = launch(**ONE_AT_A_TIME)
        server.wait_live()
        address = moved(address, server)
        assert httpx.get(address).json()["characters_done"] >= characters
    assert result(address) == undisturbed
    texts = httpx.get(f"{server.url}/stats").json()["translations_count"]
    assert 0 < texts < 300
