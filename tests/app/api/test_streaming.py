from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import pytest
from fastapi.testclient import TestClient

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.fake import FakeEngine, FakeLoader
from model_pool.engines.threads import ThreadPlan
from model_pool.types import EncodedSegment
from tests.app.conftest import BOTH, EN_PT, Serve
from tests.embedded import HOUSE_IN_PORTUGUESE
from tests.reliability.wire import eventually

TEXT = "The house is red. It is old!\n\n - Who lives there, {name}?\nNobody."
PAIR = {"source_language": "en", "target_language": "pt"}

Event = tuple[str, dict[str, Any]]


def events(body: str) -> Iterator[Event]:
    for block in body.split("\n\n")[:-1]:
        name, data = block.split("\n")
        yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def stream(client: TestClient, text: str, **fields: object) -> list[Event]:
    response = client.post("/translate/stream", json={"text": text, **PAIR, **fields})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    return list(events(response.text))


def joined(told: Sequence[Event]) -> str:
    return "".join(data["text"] for name, data in told if name == "segment")


def test_segments_come_in_order_and_joined_are_the_translation(serve: Serve) -> None:
    client = serve()
    told = stream(client, TEXT)
    assert [name for name, _ in told] == ["start", *["segment"] * 4, "done"]
    assert told[0][1] == {"source_language": "en", "target_language": "pt", "model_type": "basic", "count": 4}
    assert [data["index"] for name, data in told if name == "segment"] == [0, 1, 2, 3]
    whole = client.post("/translate", json={"text": TEXT, **PAIR}).json()
    assert joined(told) == whole["translated_text"]
    assert told[1][1]["model_used"] == whole["model_used"]
    assert told[1][1]["route"] == ["en", "pt"]


@pytest.mark.parametrize(
    ("form", "text"), [("html", "<p>One. Two.</p><p>Three <b>four</b>.</p>"), ("xml", "<a>One</a>")]
)
def test_markup_is_streamed_by_blocks(serve: Serve, form: str, text: str) -> None:
    client = serve()
    told = stream(client, text, format=form)
    assert (
        joined(told) == client.post("/translate", json={"text": text, **PAIR, "format": form}).json()["translated_text"]
    )
    assert told[0][1]["count"] == text.count("<p>") or form == "xml"


def test_real_checkpoints_translate_what_is_streamed(server: TestClient) -> None:
    told = stream(server, "The house is red. The garden is green.", source_language="auto")
    assert told[0][1]["source_language"] == "en"
    assert joined(told) == f"{HOUSE_IN_PORTUGUESE} O jardim é verde."
    assert 0 < told[-1][1]["confidence_score"] <= 1


@pytest.mark.parametrize("text", ["", "42", "\n"])
def test_what_has_no_words_is_one_event(serve: Serve, text: str) -> None:
    told = stream(serve(), text)
    assert [name for name, _ in told] == ["start", "segment", "done"]
    assert (joined(told), told[1][1]["model_used"]) == (text, "none")


def test_text_that_is_in_the_target_language_comes_back(serve: Serve) -> None:
    told = stream(serve(tiers={"basic": BOTH}), "Bom dia, meu amigo.", source_language="auto")
    assert (told[0][1]["source_language"], joined(told)) == ("pt", "Bom dia, meu amigo.")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"target_language": "xx-yy-zz"}, 400, "unknown_language"),
        ({"model_type": "luxury"}, 404, "unknown_tier"),
        ({"text": ["One.", "Two."]}, 422, "invalid_request"),
        ({"glossary_id": "nobody"}, 404, "glossary_not_found"),
        ({"format": "xml", "text": "<a>One.</b>"}, 400, "malformed_markup"),
        ({"text": "One. " * 10}, 413, "text_too_large"),
    ],
)
def test_what_is_wrong_before_the_first_segment_has_a_status(
    serve: Serve, fields: dict[str, Any], status: int, code: str
) -> None:
    client = serve(limits={"max_characters": 40, "max_requests_in_flight": 1})
    response = client.post("/translate/stream", json={"text": TEXT[:20], **PAIR} | fields)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert client.post("/translate/stream", json={"text": "One.", **PAIR}).status_code == 200


def poison(segments: Sequence[EncodedSegment]) -> None:
    if any("poison" in "".join(one.tokens) for one in segments):
        raise RuntimeError("the engine was told to raise")


def test_what_goes_wrong_later_is_the_last_event_and_what_came_before_stands(serve: Serve) -> None:
    client = serve(loader=FakeLoader(hook=poison), limits={"max_requests_in_flight": 1})
    told = stream(client, "One. Two.\nThis is poison.\nFour.")
    assert [name for name, _ in told] == ["start", "segment", "segment", "error"]
    assert (told[-1][1]["status"], told[-1][1]["code"]) == (500, "segment_failed")
    assert eventually(lambda: not any(one["leases"] for one in client.get("/stats").json()["replicas"]))
    assert stream(client, "One.")[-1][0] == "done"


def test_characters_of_a_stream_that_failed_are_given_back(serve: Serve) -> None:
    key = "secret-of-tests"
    keys = [
        {"name": "one", "sha256": sha256(key.encode()).hexdigest(), "scopes": ["translate"], "characters_per_day": 40}
    ]
    client = serve(loader=FakeLoader(hook=poison), auth={"keys": keys})
    headers = {"X-API-Key": key}

    def ask(text: str) -> Any:  # noqa: ANN401 - httpx's or httpx2's
        return client.post("/translate/stream", json={"text": text, **PAIR}, headers=headers)

    for _ in range(3):
        assert "event: error" in ask("One, two, three.\nThis is poison.").text
    assert "event: done" in ask("One, two, three, four, five.").text
    assert ask("One, two, three, four, five.").status_code == 429


def test_fallback_streams_where_the_tier_cannot_be_loaded_and_the_first_segment_says_so(serve: Serve) -> None:
    class Selective(FakeLoader):
        def load(self, checkpoint: Checkpoint, *, device: str, compute_type: str, threads: ThreadPlan) -> FakeEngine:
            if compute_type == "other":
                raise OSError("disk on fire")
            return super().load(checkpoint, device=device, compute_type=compute_type, threads=threads)

    tiers = {"basic": EN_PT, "premium": EN_PT | {"compute_type": "other", "fallback": "basic"}}
    told = stream(serve(loader=Selective(), tiers=tiers), "One. Two.", model_type="premium")
    assert (told[0][1]["model_type"], joined(told)) == ("premium", "One. Two.")
    assert [data["tier_used"] for name, data in told if name == "segment"] == ["basic", "basic"]
    assert ["disk on fire" in " ".join(data["warnings"]) for name, data in told[1:]] == [True, False, True]


def test_tier_without_a_fallback_is_answered_with_its_error(serve: Serve) -> None:
    def fail(_: Checkpoint) -> None:
        raise OSError("disk on fire")

    response = serve(loader=FakeLoader(on_load=fail)).post("/translate/stream", json={"text": TEXT, **PAIR})
    assert (response.status_code, response.json()["code"]) == (503, "load_failed")


def test_time_that_is_over_before_the_first_segment_is_a_504(serve: Serve) -> None:
    client = serve(loader=FakeLoader(hook=lambda _: time.sleep(0.5)))
    body = {"text": TEXT, **PAIR}
    response = client.post("/translate/stream", json=body, headers={"X-Request-Timeout": "0.05"})
    assert (response.status_code, response.json()["code"]) == (504, "deadline_exceeded")
