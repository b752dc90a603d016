"""Streams whose clients leave, or do not read."""

from __future__ import annotations

import pytest

from tests.reliability.conftest import Begin, Subject
from tests.reliability.wire import english, eventually, request

LONG = " ".join(f"hold number {number}." for number in range(200))
STREAM = "/translate/stream"


@pytest.mark.parametrize("abruptly", [False, True])
def test_client_that_leaves_a_stream_leaves_neither_lease_nor_queue(subject: Subject, abruptly: bool) -> None:
    connection = subject.connect()
    connection.send(request(english("First of all. " + LONG), path=STREAM))
    assert eventually(lambda: subject.busy("leases") > 0 and subject.busy("running_batches") > 0)
    connection.leave(abruptly=abruptly)
    subject.go()
    assert eventually(subject.idle)
    assert subject.answers()


def test_client_that_leaves_between_two_segments_ends_the_work(begin: Begin) -> None:
    subject = begin()
    subject.hold()
    connection = subject.connect()
    connection.send(request(english("First of all.\n" + LONG.replace("hold", "take", 100)), path=STREAM))
    assert connection.hears(b"event: segment")
    connection.leave()
    assert eventually(lambda: subject.busy("queued_segments") == 0, within=5)
    subject.go()
    assert eventually(subject.idle)


def test_client_that_does_not_read_its_stream_holds_a_lease_no_longer_than_its_time(begin: Begin) -> None:
    subject = begin(BABELPOOL_LIMITS__REQUEST_TIMEOUT="1")
    with subject.connect(buffer=4096) as deaf:
        deaf.send(request(english("A sentence of some words. " * 30_000), path=STREAM))
        assert eventually(lambda: subject.busy("leases") > 0)
        assert eventually(subject.idle, within=14)
        assert subject.answers()
