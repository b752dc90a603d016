"""The load generator's own process: reads a `Job` as JSON on stdin, writes a `Result` on stdout.

A process of its own, so that it never waits for a caller's work. Closed loop: each connection sends its next request
when the former is answered. Open loop, at a fixed rate: latency counts from the moment a request was due, so a slow
server cannot slow the questions down. Loopback only; bounded in time.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections import Counter, deque
from dataclasses import asdict

import uvloop

from benchmarks.client import Connection, render
from benchmarks.load import GRACE, Job, Result
from benchmarks.servers import HOST

_MOST_ERRORS = 1000
_CACHED = b'"from_cache":true'


class _Driver:
    """Keeps the connections of one job busy. Everything happens on one event loop."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._requests = [render(job.port, job.path, body, job.content_type) for body in job.bodies]
        self._idle: deque[Connection] = deque()
        self._due: deque[float] = deque()
        self._open: set[Connection] = set()
        self._errors: Counter[str] = Counter()
        self._sending = True
        self._tasks: set[asyncio.Future[None]] = set()
        self._done = asyncio.Event()
        self.result = Result()

    async def run(self) -> Result:
        job, result = self._job, self.result
        for _ in range(job.connections):
            self._idle.append(await self._connect())
        start, cpu = time.monotonic(), _cpu_seconds()
        result.begin, result.end = start + job.warmup, start + job.warmup + job.seconds
        if job.rate:
            await self._offer(start)
        else:
            while self._idle:
                self._send(self._idle.popleft(), time.monotonic())
            await asyncio.sleep(result.end - time.monotonic())
        result.cpu_share = (_cpu_seconds() - cpu) / (time.monotonic() - start)
        await self._drain()
        result.errors = dict(self._errors)
        return result

    async def _offer(self, start: float) -> None:
        for number in range(int((self._job.warmup + self._job.seconds) * self._job.rate)):
            due = start + number / self._job.rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if self._idle:
                self._send(self._idle.popleft(), due)
            else:
                self._due.append(due)

    async def _drain(self) -> None:
        self._sending = False
        if any(connection.sent_at is not None for connection in self._open):
            try:
                await asyncio.wait_for(self._done.wait(), GRACE)
            except TimeoutError:
                self._errors["unanswered"] += sum(one.sent_at is not None for one in self._open)
        for connection in list(self._open):
            connection.sent_at = None
            connection.close()

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: Connection(self._answered, self._lost), HOST, self._job.port
        )
        self._open.add(connection)
        return connection

    def _send(self, connection: Connection, due: float) -> None:
        number = (self._job.first + self.result.sent) % len(self._requests)
        self.result.sent += 1
        connection.send(self._requests[number], due)

    def _answered(self, connection: Connection, status: int, body: bytes) -> None:
        now = time.monotonic()
        if status == 200 and connection.sent_at is not None:
            self.result.samples.append((connection.sent_at, now - connection.sent_at))
            self.result.cached += _CACHED in body
        else:
            self._errors[f"status {status}"] += 1
        connection.sent_at = None
        self._next(connection, now)

    def _next(self, connection: Connection, now: float) -> None:
        if self._due:
            self._send(connection, self._due.popleft())
        elif self._sending and not self._job.rate:
            self._send(connection, now)
        else:
            self._idle.append(connection)
        self._check_done()

    def _lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if connection.sent_at is not None:
            self._errors["connection lost"] += 1
        if self._sending and self._errors.total() < _MOST_ERRORS:
            task = asyncio.ensure_future(self._replace())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._check_done()

    async def _replace(self) -> None:
        try:
            connection = await self._connect()
        except OSError as error:
            self._errors[f"cannot connect: {error.strerror}"] += 1
        else:
            self._next(connection, time.monotonic())

    def _check_done(self) -> None:
        if not self._sending and all(one.sent_at is None for one in self._open):
            self._done.set()


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    job = Job(**json.load(sys.stdin))
    json.dump(asdict(uvloop.run(_Driver(job).run())), sys.stdout)


if __name__ == "__main__":
    main()
