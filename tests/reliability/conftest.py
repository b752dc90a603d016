"""Servers that can be mistreated: the real one, and one over engines that obey."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.app.conftest import configure, serve, server
from tests.e2e.conftest import Server, free_port
from tests.reliability.wire import Answer, Connection, english, eventually, request

__all__ = ["configure", "serve", "server"]  # fixtures of other rooms that tests here use too

REPOSITORY = Path(__file__).parents[2]


@dataclass
class Subject:
    """One server process with all that a test wants to know of it."""

    server: Server
    home: Path

    @property
    def port(self) -> int:
        return int(self.server.url.rpartition(":")[2])

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self.server.process

    @property
    def rss(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)

    @property
    def log(self) -> str:
        return self.server.log.read_text()

    def connect(self, *, buffer: int | None = None) -> Connection:
        return Connection(self.port, buffer=buffer)

    def ask(self, body: object = None, *, path: str = "/translate", method: str = "POST") -> Answer:
        """Send one request on a connection of its own and return the answer."""
        with self.connect() as connection:
            connection.send(request(body, path=path, method=method))
            return connection.answer()

    def busy(self, what: str) -> int:
        """Sum one field of `/stats` over the replicas: leases, waiters, queued_segments, running_batches."""
        return sum(replica[what] for replica in self.ask(path="/stats", method="GET").json["replicas"])

    def idle(self) -> bool:
        """Say whether nothing is leased, queued or running."""
        return not any(map(self.busy, ("leases", "waiters", "queued_segments", "running_batches")))

    def hold(self) -> None:
        """From now on engines keep segments that say "hold"."""
        (self.home / "go").unlink(missing_ok=True)

    def go(self) -> None:
        """Let go of them."""
        (self.home / "go").touch()

    def answers(self) -> bool:
        """Say whether it still translates."""
        answer = self.ask(english("still here"))
        return answer.status == 200 and answer.json["translated_text"] == "still here"


Begin = Callable[..., Subject]


def begin_server(home: Path, *command: str, **environment: str) -> Subject:
    """Start `python <command>` from the repository's modules in `home`; it listens when this returns."""
    subject = launch_server(home, *command, **environment)
    try:
        subject.server.wait_live()
    except BaseException:
        end_server(subject.process)
        raise
    return subject


def launch_server(home: Path, *command: str, **environment: str) -> Subject:
    """Start a server as `begin_server` does, and do not wait for it."""
    port, log = free_port(), home / "server.log"
    paths = os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
    settings = {"BABELPOOL_DATA_DIR": str(home / "data"), "BABELPOOL_SERVER__PORT": str(port), "PYTHONPATH": paths}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, *command],
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=home,
            env=os.environ | settings | environment,
        )
    return Subject(Server(process, f"http://127.0.0.1:{port}", log), home)


def end_server(process: subprocess.Popen[bytes]) -> None:
    """Kill one process by its id, where it still runs."""
    if process.poll() is None:
        process.kill()
    process.wait(30)


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Start one server over obedient engines for this test alone."""
    begun: list[Subject] = []

    def start(**environment: str) -> Subject:
        begun.append(begin_server(tmp_path, "-m", "tests.reliability.obedient_server", "serve", **environment))
        return begun[-1]

    yield start
    for subject in begun:
        end_server(subject.process)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    """Start a server over obedient engines that the tests of a module share."""
    subject = begin_server(tmp_path_factory.mktemp("shared"), "-m", "tests.reliability.obedient_server", "serve")
    subject.server.wait_ready()  # or the loads at start would be found where nothing should be at work
    yield subject
    end_server(subject.process)


@pytest.fixture
def subject(shared: Subject) -> Iterator[Subject]:
    """Lend the shared server; whatever a test did to it, it must be idle and translating afterwards."""
    shared.hold()
    yield shared
    shared.go()
    assert eventually(shared.idle), shared.ask(path="/stats", method="GET").body
    assert shared.answers()
