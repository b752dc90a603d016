from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.disconnects import CancelOnDisconnect

BODY: Message = {"type": "http.request", "body": b"x", "more_body": False}
GONE: Message = {"type": "http.disconnect"}


class Client:
    """The server's side of one connection: hands out messages, keeps what is sent."""

    def __init__(self, *messages: Message) -> None:
        self.inbox: asyncio.Queue[Message] = asyncio.Queue()
        for message in messages:
            self.inbox.put_nowait(message)
        self.sent: list[Message] = []

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def run(self, app: CancelOnDisconnect) -> None:
        await app({"type": "http"}, self.inbox.get, self.send)


async def test_work_of_a_client_that_has_gone_is_cancelled() -> None:
    ended = asyncio.Event()

    async def work(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    client = Client(BODY, GONE)
    await asyncio.wait_for(client.run(CancelOnDisconnect(work)), 5)
    assert ended.is_set()
    assert not client.sent


async def test_client_that_goes_in_the_middle_of_its_body_ends_the_request_as_quietly() -> None:
    heard: list[Message] = []

    async def work(scope: Scope, receive: Receive, send: Send) -> None:
        heard.append(await receive())
        heard.append(await receive())
        raise AssertionError("it went on without its body")

    client = Client({**BODY, "more_body": True}, GONE)
    await asyncio.wait_for(client.run(CancelOnDisconnect(work)), 5)
    assert len(heard) == 1
    assert not client.sent


async def test_answer_of_a_client_that_stays_is_sent_whole() -> None:
    async def work(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    client = Client(BODY)
    await asyncio.wait_for(client.run(CancelOnDisconnect(work)), 5)
    assert [message["type"] for message in client.sent] == ["http.response.start", "http.response.body"]


async def test_application_that_listens_itself_hears_of_the_disconnect() -> None:
    heard: list[Message] = []

    async def work(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        heard.append(await receive())

    client = Client(BODY, GONE)
    await asyncio.wait_for(client.run(CancelOnDisconnect(work)), 5)
    assert heard == [GONE]


async def test_cancellation_from_elsewhere_is_passed_on() -> None:
    async def work(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await asyncio.sleep(60)

    running = asyncio.create_task(Client(BODY).run(CancelOnDisconnect(work)))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_body_in_parts_is_read_by_the_application() -> None:
    parts: list[bytes] = []

    async def work(scope: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            message = await receive()
            parts.append(message["body"])
            more = message["more_body"]

    client = Client({"type": "http.request", "body": b"a", "more_body": True}, BODY)
    await asyncio.wait_for(client.run(CancelOnDisconnect(work)), 5)
    assert parts == [b"a", b"x"]
