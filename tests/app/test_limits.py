from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import TextTooLarge, TooManyRequests
from app.limits import Admission, BodyBound, BodyLimit
from app.main import UPLOADS
from tests.app.conftest import Configure, Serve


@pytest.fixture
def admission(configure: Configure) -> Admission:
    return Admission(configure(limits={"max_texts": 2, "max_characters": 10, "max_requests_in_flight": 1}).limits)


def test_texts_within_the_limits_are_admitted(admission: Admission) -> None:
    with admission.admitted(["12345", "67890"]):
        assert admission.in_flight == 1
    assert admission.in_flight == 0


@pytest.mark.parametrize("texts", [["a", "b", "c"], ["12345678901"], ["123456", "78901"]])
def test_too_much_is_refused_before_any_work(admission: Admission, texts: list[str]) -> None:
    with pytest.raises(TextTooLarge), admission.admitted(texts):
        pass
    assert admission.in_flight == 0


def test_full_server_refuses_at_once_and_says_when_to_come_back(admission: Admission) -> None:
    with admission.admitted(["a"]):
        with pytest.raises(TooManyRequests) as caught, admission.admitted(["b"]):
            pass
        assert caught.value.retry_after == 1.0
    with admission.admitted(["c"]):
        pass


def test_place_is_given_back_when_the_work_fails(admission: Admission) -> None:
    with pytest.raises(ValueError, match="boom"), admission.admitted(["a"]):
        raise ValueError("boom")
    assert admission.in_flight == 0


def test_body_over_the_limit_is_a_413_announced_or_not(serve: Serve) -> None:
    client = serve(server={"max_body_bytes": 1000})
    body = b'{"target_language": "pt", "source_language": "en", "text": "' + b"x" * 2000 + b'"}'
    announced = client.post("/translate", content=body, headers={"content-type": "application/json"})
    streamed = client.post("/translate", content=iter([body]), headers={"content-type": "application/json"})
    for answer in (announced, streamed):
        assert answer.status_code == 413
        assert answer.json()["code"] == "body_too_large"
        assert "server.max_body_bytes" in answer.json()["message"]


NARROW, WIDE = BodyBound(10, 0.05), BodyBound(100, 60.0, 2, ("wide.bytes", "wide.seconds", "wide.uploads"))


async def read(path: str, *chunks: bytes, announced: int | None = None) -> int:
    """Return how many bytes get through; after the last chunk the client is silent for a while."""
    received = 0

    async def app(_: Scope, receive: Receive, __: Send) -> None:
        nonlocal received
        more = True
        while more:
            message = await receive()
            received += len(message["body"])
            more = message["more_body"]

    messages: Iterator[Message] = iter([{"type": "http.request", "body": one, "more_body": True} for one in chunks])

    async def receive() -> Message:
        for message in messages:
            return message
        await asyncio.sleep(0.2)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Message) -> None:
        raise AssertionError("nothing is answered here")

    headers = [] if announced is None else [(b"content-length", str(announced).encode())]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    await limit(app)(scope, receive, send)
    return received


def limit(app: ASGIApp) -> BodyLimit:
    return BodyLimit(app, NARROW, dict.fromkeys(UPLOADS, WIDE))


@pytest.mark.parametrize("path", UPLOADS)
async def test_uploads_in_all_dialects_have_more_bytes_and_more_time(path: str) -> None:
    assert await read(path, b"x" * 50, b"x" * 50) == 100
    for wrong in ({"announced": 101}, {}):
        with pytest.raises(HTTPException, match=r"413.*wide\.bytes"):
            await read(path, b"x" * 50, b"x" * 51, **wrong)


@pytest.mark.parametrize("path", ["/translate", "/documents/x", "/v2/document/", ""])
async def test_other_paths_do_not(path: str) -> None:
    with pytest.raises(HTTPException, match=r"413.*server\.max_body_bytes"):
        await read(path, b"x" * 11)
    with pytest.raises(HTTPException, match=r"408.*server\.read_timeout"):
        await read(path, b"x")


async def test_uploads_beyond_what_there_may_be_at_once_are_refused_until_one_is_over() -> None:
    heard: list[Message] = []
    over = asyncio.Event()

    async def app(_: Scope, receive: Receive, __: Send) -> None:
        heard.append(await receive())
        await over.wait()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x", "more_body": False}

    async def send(_: Message) -> None:
        raise AssertionError("nothing is answered here")

    bounded = limit(app)

    def upload(method: str = "POST") -> asyncio.Task[None]:
        scope = {"type": "http", "method": method, "path": UPLOADS[0], "headers": []}
        return asyncio.ensure_future(bounded(scope, receive, send))

    uploads = [upload(), upload()]
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequests, match=r"2 documents.*wide\.uploads"):
        await upload()
    listing = upload("GET")  # takes no place
    await asyncio.sleep(0)
    over.set()
    await asyncio.gather(*uploads, listing)
    await upload()
    assert len(heard) == 4
