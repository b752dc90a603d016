"""Clients that leave, stall, say too much or do not listen: they get what is theirs, and nobody else notices."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.reliability.conftest import Begin, Subject
from tests.reliability.wire import Connection, english, eventually, request

LONG = [f"hold number {number}" for number in range(100)]


def wait_held(subject: Subject) -> None:
    """Wait until engines hold something of a request and the rest of it is queued."""
    assert eventually(lambda: subject.busy("leases") > 0 and subject.busy("queued_segments") > 0)


@pytest.mark.parametrize("abruptly", [False, True])
def test_client_that_leaves_mid_request_leaves_neither_lease_nor_queue(subject: Subject, abruptly: bool) -> None:
    # speaches: a lease inside a generator leaked when the client disconnected.
    connection = subject.connect()
    connection.send(request(english(*LONG)))
    wait_held(subject)
    connection.leave(abruptly=abruptly)
    subject.go()
    assert eventually(subject.idle)
    assert subject.answers()


def test_work_of_a_client_that_has_gone_is_dropped_before_it_is_computed(subject: Subject) -> None:
    connection = subject.connect()
    connection.send(request(english(*LONG)))
    wait_held(subject)
    connection.leave()
    assert eventually(lambda: subject.busy("queued_segments") == 0, within=2)


def test_client_that_leaves_while_a_replica_loads_leaves_no_waiter_and_the_load_goes_on(
    begin: Begin, tmp_path: Path
) -> None:
    (tmp_path / "stuck").touch()
    subject = begin()
    before = subject.busy("waiters")
    connections = [subject.connect() for _ in range(20)]
    for connection in connections:
        connection.send(request(english("is it there yet")))
    assert eventually(lambda: subject.busy("waiters") >= before + 20)
    for number, connection in enumerate(connections):
        connection.leave(abruptly=number % 2 == 0)
    assert eventually(lambda: subject.busy("waiters") <= before)
    (tmp_path / "stuck").unlink()
    assert eventually(subject.answers)
    assert eventually(subject.idle)
    assert sum(replica["loads"] for replica in subject.ask(path="/stats", method="GET").json["replicas"]) == 2


def test_client_that_speaks_http_1_0_is_answered_and_closed(subject: Subject) -> None:
    content = request(english("from long ago"), connection="close").replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    with subject.connect() as connection:
        connection.send(content)
        assert connection.answer().json["translated_text"] == "from long ago"
        assert connection.ended()


def test_client_that_leaves_during_its_body_costs_nothing(subject: Subject) -> None:
    for sent in (1, 100, 5000):
        connection = subject.connect()
        connection.send(request(b"x" * sent, content_length="100000"))
        connection.leave(abruptly=sent == 100)
    assert subject.idle()


def test_request_dripped_byte_by_byte_is_answered_and_delays_nobody(subject: Subject) -> None:
    content = request(english("slow but sure"))
    with subject.connect() as slow:
        for place in range(len(content)):
            slow.send(content[place : place + 1])
            if place % 100 == 0:
                started = time.monotonic()
                assert subject.answers()
                assert time.monotonic() - started < 2
        assert slow.answer().json["translated_text"] == "slow but sure"


@pytest.mark.parametrize("end", range(1, 6))
def test_request_without_a_body_is_answered_wherever_its_head_is_parted(subject: Subject, end: int) -> None:
    content = b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n"
    with subject.connect() as connection:
        for part in (
            content[:-end],
            *(content[place : place + 1] for place in range(len(content) - end, len(content))),
        ):
            connection.send(part)
            assert subject.answers()  # so this part has been read
        assert connection.answer(within=2).status == 200


def test_hundreds_that_stall_in_headers_or_body_hold_no_place_of_others(subject: Subject) -> None:
    """Slow-loris: what is not a whole request is not admitted, so it takes a socket and nothing else."""
    stalls = [
        b"",
        b"POST /translate HT",
        b"POST /translate HTTP/1.1\r\nHost: x\r\nX-",
        request(b"{", content_length="9"),
    ]
    with ExitStack() as stack:
        for number in range(400):
            stack.enter_context(subject.connect()).send(stalls[number % len(stalls)])
        started = time.monotonic()
        assert all(subject.answers() for _ in range(5))
        assert time.monotonic() - started < 5
        assert subject.idle()


def test_connection_that_never_sends_a_whole_request_is_closed(begin: Begin) -> None:
    subject = begin(BABELPOOL_SERVER__READ_TIMEOUT="1")
    head = b"POST /translate HTTP/1.1\r\nX-"
    with ExitStack() as stack:
        silent, stalled, dripping = (stack.enter_context(subject.connect()) for _ in range(3))
        stalled.send(head)
        dripping.send(head)
        assert eventually(lambda: not dripped(dripping), within=5)
        assert silent.ended(within=5)
        assert stalled.ended(within=5)


def dripped(connection: Connection) -> bool:
    """Send one byte more; False where the server has had enough."""
    try:
        connection.send(b"x")
    except OSError:
        return False
    return not connection.ended(within=0.05)


def test_body_that_never_ends_to_come_is_a_408(begin: Begin) -> None:
    subject = begin(BABELPOOL_SERVER__READ_TIMEOUT="1")
    with subject.connect() as connection:
        connection.send(request(b"{", content_length="9"))
        answer = connection.answer()
        assert answer.status == 408
        assert set(answer.json) == {"code", "message", "detail"}
        assert connection.ended()


@pytest.mark.parametrize("sloppy", [b"\r\n", b"POST /tr"], ids=["a line end", "half a request"])
def test_what_comes_behind_a_request_does_not_cost_it_its_answer(begin: Begin, sloppy: bytes) -> None:
    """Old clients send a line end behind a body; a request that is computed for long must outlive the read timeout."""
    subject = begin(BABELPOOL_SERVER__READ_TIMEOUT="0.5")
    with subject.connect() as connection:
        connection.send(request(english("hold on")))
        assert eventually(lambda: subject.busy("running_batches") == 1)
        connection.send(sloppy)
        assert not connection.ended(within=1.5)
        subject.go()
        assert connection.answer().json["translated_text"] == "hold on"


def test_connection_that_is_idle_after_an_answer_is_closed(subject: Subject) -> None:
    with subject.connect() as connection:
        connection.send(request(method="GET", path="/live"))
        assert connection.answer().status == 200
        assert connection.ended(within=10)


@pytest.mark.parametrize("text", ["half closed", "hold half closed"])
def test_half_closed_connection_ends_and_gives_back_what_it_had(subject: Subject, text: str) -> None:
    """uvicorn takes a half-closed connection for a closed one, so its answer may be lost; nothing else is."""
    with subject.connect() as connection:
        connection.send(request(english(text)))
        connection.say_no_more()
        subject.go()
        assert connection.ended()
    assert eventually(subject.idle)


def test_pipelined_requests_are_answered_in_their_order(subject: Subject) -> None:
    with subject.connect() as connection:
        connection.send(b"".join(request(english(f"number {number}")) for number in range(50)))
        answers = [connection.answer().json["translated_text"] for _ in range(50)]
    assert answers == [f"number {number}" for number in range(50)]


def test_pipelined_request_behind_a_mistake_is_answered(subject: Subject) -> None:
    with subject.connect() as connection:
        connection.send(request(b"{") + request(english("raise")) + request(english("after them")))
        assert [connection.answer().status for _ in range(3)] == [400, 500, 200]


def test_client_that_never_reads_holds_neither_replica_nor_others(subject: Subject) -> None:
    # 3.6 MB that come back twice, more than the kernel takes for a reader that does not read.
    with subject.connect(buffer=4096) as deaf:
        deaf.send(request(english("\N{GRINNING FACE}" * 900_000)))
        assert eventually(subject.idle)
        assert all(subject.answers() for _ in range(3))


def test_body_in_chunks_and_after_100_continue_is_read(subject: Subject) -> None:
    body = request(english("hello in pieces")).partition(b"\r\n\r\n")[2]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:])) + b"0\r\n\r\n"
    with subject.connect() as connection:
        connection.send(request(chunks, transfer_encoding="chunked"))
        assert connection.answer().json["translated_text"] == "hello in pieces"
        head = request(b"", content_length=str(len(body)), expect="100-continue")
        connection.send(head)
        assert connection.answer().status == 100
        connection.send(body)
        assert connection.answer().json["translated_text"] == "hello in pieces"


OFFER = request(
    english("hello Java"),
    connection="Upgrade, HTTP2-Settings",
    upgrade="h2c",
    http2_settings="AAEAAEAAAAIAAAABAAMAAABk",
)


def test_offer_to_upgrade_is_declined_without_losing_the_body(subject: Subject) -> None:
    """Java's own HTTP client makes this offer with its first request on a connection without TLS."""
    with subject.connect() as connection:
        for _ in range(2):
            connection.send(OFFER)
            assert connection.answer().json.get("translated_text") == "hello Java"


@pytest.mark.parametrize("place", [OFFER.index(b"upgrade:") + offset for offset in (-1, 0, 3, 7)])
def test_offer_to_upgrade_in_two_parts_loses_no_body(subject: Subject, place: int) -> None:
    with subject.connect() as connection:
        connection.send(OFFER[:place])
        assert subject.answers()  # so the first part has been read
        connection.send(OFFER[place:])
        assert connection.answer().json.get("translated_text") == "hello Java"


NOT_HTTP = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    "a word": b"hello\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a negative length": request(english("x"), content_length="-5"),
    "an endless length": request(english("x"), content_length="9" * 5000),
    "two lengths": request(english("x"), content_length="3", Content_length="5"),
    "length and chunks": request(b"0\r\n\r\n", content_length="3", transfer_encoding="chunked"),
    "a broken chunk": request(b"zz\r\nabc\r\n", transfer_encoding="chunked"),
    "NUL in a header": request(english("x"), x_name="a\0b"),
    "a path in UTF-8": "GET /café HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "a broken address": b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a very long path": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("content", NOT_HTTP.values(), ids=NOT_HTTP.keys())
def test_what_is_not_http_is_refused_and_the_connection_ends(subject: Subject, content: bytes) -> None:
    with subject.connect() as connection:
        connection.send(content)
        assert connection.answer().status == 400
        assert connection.ended()


def grows(subject: Subject, act: Callable[[Connection], None]) -> int:
    """Return by how many bytes the server has grown when `act` has done its worst; a closed connection ends it."""
    before = subject.rss
    with subject.connect() as connection:
        try:
            act(connection)
        except OSError:
            return 0
        subject.answers()
        return subject.rss - before


def test_headers_without_end_are_not_kept(subject: Subject) -> None:
    def endless(connection: Connection) -> None:
        connection.send(b"GET /live HTTP/1.1\r\n")
        for number in range(40):
            connection.send(b"X-%d: " % number + b"a" * 1_000_000 + b"\r\n")

    assert grows(subject, endless) < 10_000_000


def test_body_without_end_is_refused_and_not_kept(subject: Subject) -> None:
    def endless(connection: Connection) -> None:
        connection.send(request(transfer_encoding="chunked"))
        for _ in range(60):
            connection.send(b"%x\r\n" % 1_000_000 + b"a" * 1_000_000 + b"\r\n")
        assert connection.answer().status == 413

    assert grows(subject, endless) < 40_000_000
