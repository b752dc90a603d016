"""SIGTERM whatever is going on: everybody is answered or closed, and the process ends with 0 in its time."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.reliability.conftest import Begin, Subject, begin_server, end_server
from tests.reliability.wire import english, eventually, request

logger = logging.getLogger(__name__)

DEADLINE = 2
WAIT = {"BABELPOOL_SERVER__SHUTDOWN_DEADLINE": str(DEADLINE)}
MARGIN = 3.0
"""Seconds that unloading and leaving Python may take on a busy machine."""

REQUESTS, CONNECTIONS, ADMITTED = 10_000, 5_000, 4_000
ANSWERED = 300


def terminate(subject: Subject, *, within: float) -> int | None:
    """Send SIGTERM; return the exit status, or None where the process is still there after `within` seconds."""
    subject.process.send_signal(signal.SIGTERM)
    try:
        return subject.process.wait(within)
    except subprocess.TimeoutExpired:
        return None


def test_stalled_clients_do_not_hold_up_the_end(begin: Begin) -> None:
    subject = begin(**WAIT)
    with ExitStack() as stack:
        for stall in (b"", b"POST /translate HTTP/1.1\r\nX-", request(b"{", content_length="9")):
            stack.enter_context(subject.connect()).send(stall)
        deaf = stack.enter_context(subject.connect(buffer=4096))
        deaf.send(request(english("\N{GRINNING FACE}" * 900_000)))
        assert eventually(subject.idle)
        assert terminate(subject, within=2 * DEADLINE + MARGIN) == 0


def test_request_in_the_engine_is_answered_after_sigterm(begin: Begin) -> None:
    subject = begin(**WAIT)
    with subject.connect() as connection:
        connection.send(request(english("hold this")))
        assert eventually(lambda: subject.busy("running_batches") == 1)
        subject.process.send_signal(signal.SIGTERM)
        assert eventually(lambda: "Waiting for" in subject.log or "Shutting down" in subject.log)
        subject.go()
        assert connection.answer().json["translated_text"] == "hold this"
    assert subject.process.wait(DEADLINE + MARGIN) == 0


def test_engine_that_hangs_does_not_outlive_the_deadline(begin: Begin) -> None:
    subject = begin(**WAIT)
    with subject.connect() as connection:
        connection.send(request(english("hold for ever")))
        assert eventually(lambda: subject.busy("running_batches") == 1)
        assert terminate(subject, within=2 * DEADLINE + MARGIN) == 0


def test_load_that_hangs_does_not_outlive_the_deadline(begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "stuck").touch()
    subject = begin(**WAIT)
    assert eventually(lambda: "loading" in str(subject.ask(path="/stats", method="GET").json))
    assert terminate(subject, within=2 * DEADLINE + MARGIN) == 0


def test_whole_end_takes_one_deadline_and_not_two(begin: Begin) -> None:
    subject = begin(**WAIT)
    with subject.connect() as connection:
        connection.send(request(english("hold for long")))
        assert eventually(lambda: subject.busy("running_batches") == 1)
        subject.process.send_signal(signal.SIGTERM)
        assert eventually(lambda: "Finished server process" in subject.log, within=DEADLINE + 1)


# ---- ten thousand requests ----------------------------------------------------------------------------------


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Subject]:
    """The real server with the real engine, and as many files open as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * CONNECTIONS:
        pytest.skip(f"{CONNECTIONS} connections take more than the {hard} files that may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    subject = begin_server(
        tmp_path,
        "-m",
        "app",
        "serve",
        BABELPOOL_LIMITS__MAX_REQUESTS_IN_FLIGHT=str(ADMITTED),
        BABELPOOL_SERVER__SHUTDOWN_DEADLINE="60",
    )
    subject.server.wait_ready()
    yield subject
    end_server(subject.process)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Crowd:
    """Asks `REQUESTS` times over `CONNECTIONS` connections and counts what becomes of it."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._left = iter(range(REQUESTS))
        self.ends: Counter[str] = Counter()
        self.terminated: float | None = None

    async def ask(self) -> None:
        async with asyncio.timeout(150):
            await asyncio.gather(*(self._visit() for _ in range(CONNECTIONS)))

    async def _visit(self) -> None:
        """Ask on one connection until it ends or nothing is left; the rest of the crowd does what it leaves."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._subject.port)
        except OSError:
            self.ends["refused"] += 1
            return
        try:
            for number in self._left:
                writer.write(request(english(f"Order {100 + number % 900} is ready.")))
                if not await self._heard(reader, number):
                    break
        finally:
            writer.close()

    async def _heard(self, reader: asyncio.StreamReader, number: int) -> bool:
        """Read one answer; False where the connection has ended, which it must do before the first byte of it."""
        try:
            first = await reader.read(1)
        except ConnectionError:
            first = b""
        if not first:
            self.ends["closed"] += 1
            return False
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next(int(line.partition(":")[2]) for line in lines if line.startswith("content-length:"))
        body = await reader.readexactly(length)
        status = lines[0].split()[1]
        self.ends[status] += 1
        assert status != "200" or str(100 + number % 900) in body.decode().partition("translated_text")[2]
        self._terminate_in_the_thick_of_it()
        if status == "429":
            await asyncio.sleep(1)  # as Retry-After says
        return True

    def _terminate_in_the_thick_of_it(self) -> None:
        if self.terminated is None and self.ends["200"] >= ANSWERED:
            self._subject.process.send_signal(signal.SIGTERM)
            self.terminated = time.monotonic()


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_sigterm_before_ten_thousand_requests_answers_or_closes_every_one(real: Subject) -> None:
    crowd = Crowd(real)
    await crowd.ask()
    logger.info("ten thousand requests: %s", dict(crowd.ends))
    assert set(crowd.ends) <= {"200", "429", "503", "closed", "refused"}, crowd.ends
    assert crowd.ends["200"] >= ANSWERED
    assert crowd.ends["429"] > 0
    assert crowd.ends["closed"] + crowd.ends["refused"] > 0
    assert crowd.terminated is not None
    assert real.process.wait(60) == 0
    assert time.monotonic() - crowd.terminated < 60
    assert "Traceback" not in real.log
