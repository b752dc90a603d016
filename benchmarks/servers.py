"""Starting, asking and stopping servers on free loopback ports; touches processes and temporary directories."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
_STOP_SECONDS = 60
_NO_CACHE = {"cache.max_bytes": "0"}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. start_seconds: from its start to the first answer that `ready` accepted."""

    process: subprocess.Popen[bytes]
    port: int
    start_seconds: float = 0.0

    def get(self, path: str, timeout: float = 30) -> Any:  # noqa: ANN401 - whatever JSON the server sends
        """Return the JSON of a GET. Raises URLError."""
        return self._ask(urllib.request.Request(f"http://{HOST}:{self.port}{path}"), timeout)

    def post(self, path: str, body: object, timeout: float = 120) -> Any:  # noqa: ANN401
        """Return the JSON answer to a JSON body. Raises URLError."""
        url = f"http://{HOST}:{self.port}{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
        return self._ask(request, timeout)

    def rss(self) -> float:
        """Return the resident MiB of the server and its children."""
        server = psutil.Process(self.process.pid)
        return sum(int(one.memory_info().rss) for one in [server, *server.children(recursive=True)]) / 2**20

    def cpu_seconds(self) -> float:
        """Return the CPU time that the server has used."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    @staticmethod
    def _ask(request: urllib.request.Request, timeout: float) -> Any:  # noqa: ANN401
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)


Ready = Callable[[Server], object]
"""Called until it raises no URLError: asks the new server for something."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    ready: Ready,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    timeout: float = 120,
) -> Iterator[Server]:
    """Run a server for the length of a `with`. Raises RuntimeError with its last words where it does not start."""
    with tempfile.TemporaryFile() as log:
        started = time.monotonic()
        process = subprocess.Popen(
            [*command], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=os.environ | (env or {}), cwd=cwd
        )
        try:
            _wait(Server(process, port), ready, started + timeout)
            yield Server(process, port, time.monotonic() - started)
        except (TimeoutError, ChildProcessError) as error:
            log.seek(0)
            raise RuntimeError(
                f"{Path(command[0]).name}: {error}\n{log.read()[-2000:].decode(errors='replace')}"
            ) from error
        finally:
            _stop(process)


@contextmanager
def babelpool(config: str, settings: Mapping[str, str] | None = None, ready: Ready | None = None) -> Iterator[Server]:
    """Run `babelpool serve` on the text of a config.toml.

    settings: further ones by path, as in {"batching.max_items": "8"}; they win. Without them nothing is answered from
    the cache, since sentences come round again. ready: by default /ready answers 200.
    """
    with tempfile.TemporaryDirectory(prefix="babelpool-bench-") as directory:
        path = Path(directory) / "config.toml"
        path.write_text(config, encoding="utf-8")
        port = free_port()
        env = {"BABELPOOL_DATA_DIR": directory} | environment(_NO_CACHE | dict(settings or {}))
        command = [sys.executable, "-m", "app", "serve", "--port", str(port), "--config", str(path)]
        with running(command, port, ready or (lambda server: server.get("/ready")), env=env) as server:
            yield server


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return settings as Babelpool's environment variables."""
    return {f"BABELPOOL_{path.upper().replace('.', '__')}": value for path, value in settings.items()}


def _wait(server: Server, ready: Ready, deadline: float) -> None:
    while time.monotonic() < deadline:
        if (status := server.process.poll()) is not None:
            raise ChildProcessError(f"ended with status {status} instead of serving")
        try:
            ready(server)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.005)
        else:
            return
    raise TimeoutError("no answer in time")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
