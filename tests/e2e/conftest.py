"""Real servers: in subprocesses on free loopback ports, or in this process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import load_settings

START_DEADLINE = 60.0


@dataclass
class Server:
    """One `babelpool serve` process."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def wait_live(self) -> None:
        """Wait until it listens; it may still be loading."""
        self._wait("/live")

    def wait_ready(self) -> None:
        """Wait until every preloaded tier has proved that it translates."""
        self._wait("/ready")

    def _wait(self, path: str) -> None:
        """Poll; a dead process or a deadline fails the test with the log."""
        deadline = time.monotonic() + START_DEADLINE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}{path}", timeout=10).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.02)
        pytest.fail(f"the server does not answer {path} as it should:\n{self.log.read_text()}")

    def terminate(self) -> int:
        """Send SIGTERM and return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One server over the real embedded checkpoints in this process, for tests that leave no trace in it."""
    data = str(tmp_path_factory.mktemp("data"))
    with TestClient(create_app(load_settings().model_copy(update={"data_dir": data}))) as client:
        yield client


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers with environment overrides; whatever still runs at the end of the test is killed, by its id."""
    servers: list[Server] = []

    def start(**environment: str) -> Server:
        port = free_port()
        log = tmp_path / f"server-{port}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve", "--port", str(port)],
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=tmp_path,
                env=os.environ | {"BABELPOOL_DATA_DIR": str(tmp_path / "data")} | environment,
            )
        servers.append(Server(process, f"http://127.0.0.1:{port}", log))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait(30)
