"""Reloads in storms, while texts are translated: no request is lost, and the last valid configuration is in force."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from model_pool.catalog.catalog import EMBEDDED_DIR
from model_pool.catalog.files import write_manifest
from model_pool.catalog.manifest import read_manifest
from tests.reliability.conftest import Begin, Subject, end_server, launch_server
from tests.reliability.wire import Answer, Connection, english, eventually, request

KEY = "storm"
AUTH = f'[[auth.keys]]\nname = "all"\nsha256 = "{sha256(KEY.encode()).hexdigest()}"\nscopes = ["translate", "admin"]\n'
EAGER = {"BABELPOOL_CONFIG": "storm.toml", "BABELPOOL_SERVER__WATCH_CONFIG": "0.02"}
BROKEN = ["[tiers.basic\n", "nonsense = 1\n", '[tiers.basic]\ncheckpoints = ["embedded/en-fr"]\n', "\xff"]
BURST = 50


def config(*checkpoints: object, extra: str = "") -> str:
    return f"[tiers.basic]\ncheckpoints = {json.dumps([str(one) for one in checkpoints])}\n{extra}{AUTH}"


def put(home: Path, content: str) -> None:
    """Replace the configuration in one step."""
    (home / "next").write_bytes(content.encode("latin-1"))
    (home / "next").rename(home / "storm.toml")


def other_content(home: Path, number: int) -> Path:
    """Make a checkpoint with an identity of its own."""
    path = home / f"content-{number}"
    shutil.copytree(EMBEDDED_DIR / "en-pt", path)
    manifest = read_manifest(path)
    write_manifest(path, manifest.model_copy(update={"max_target_tokens": 300 + number}))
    return path


class Caller:
    """Asks one text after the other on one connection, and keeps what came of it."""

    def __init__(self, subject: Subject, name: str) -> None:
        self._subject, self._name = subject, name
        self.ends: Counter[str] = Counter()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._call)
        self.thread.start()

    def _call(self) -> None:
        with self._subject.connect() as connection:
            number = 0
            while not self.stop.is_set():
                number += 1
                self.ends[self._ask(connection, f"{self._name} says {number}")] += 1

    def _ask(self, connection: Connection, text: str) -> str:
        try:
            connection.send(request(english(text), x_api_key=KEY))
            answer = connection.answer()
        except OSError as error:
            self.stop.set()
            return repr(error)
        if answer.status != 200:
            return answer.body.decode()
        return "right" if answer.json["translated_text"] == text else answer.json["translated_text"]


@contextmanager
def traffic(subject: Subject) -> Iterator[list[Caller]]:
    callers = [Caller(subject, name) for name in ("one", "two", "three", "four")]
    try:
        yield callers
    finally:
        for caller in callers:
            caller.stop.set()
        for caller in callers:
            caller.thread.join(30)


def admin(subject: Subject, path: str, method: str) -> Answer:
    with subject.connect() as connection:
        connection.send(request(path=path, method=method, x_api_key=KEY))
        return connection.answer()


def stats(subject: Subject) -> dict[str, list[dict[str, object]]]:
    answer: dict[str, list[dict[str, object]]] = admin(subject, "/stats", "GET").json
    return answer


def reloads(subject: Subject) -> int:
    """Count the reloads that were carried out or refused."""
    return subject.log.count("replicas to load, ") + subject.log.count("was not reloaded")


@pytest.fixture
def stormy(begin: Begin, tmp_path: Path) -> Callable[[], Subject]:
    """Start a server with a configuration of its own, which it looks at all the time."""

    def start() -> Subject:
        put(tmp_path, config("embedded/en-pt"))
        subject = begin(**EAGER)
        subject.go()
        assert eventually(lambda: admin(subject, "/ready", "GET").status == 200)
        return subject

    return start


def test_storm_of_signals_rewrites_and_commands_loses_no_request_and_ends_in_the_last_configuration(
    stormy: Callable[[], Subject], tmp_path: Path
) -> None:
    subject, chance = stormy(), random.Random(5)
    places = ["embedded/en-pt", *(other_content(tmp_path, number) for number in range(3))]
    posts: list[int] = []
    with traffic(subject) as callers:
        for round_ in range(4):
            assert eventually(lambda: all(caller.ends["right"] > 10 for caller in callers))
            commands = [
                threading.Thread(target=lambda: posts.append(admin(subject, "/admin/reload", "POST").status))
                for _ in range(10)
            ]
            for command in commands:
                command.start()
            for _ in range(BURST):
                put(tmp_path, chance.choice([*BROKEN, *(config(place) for place in places)]))
                subject.process.send_signal(signal.SIGHUP)
            for command in commands:
                command.join(30)
            assert len(posts) == 10 * (round_ + 1)
        put(tmp_path, config(places[2], extra='[tiers.last]\ncheckpoints = ["embedded/pt-en"]\npreload = false\n'))
        put_and_told = admin(subject, "/admin/reload", "POST")
        assert put_and_told.json["tiers"] == ["basic", "last"]
    assert {end for caller in callers for end in caller.ends} == {"right"}, [caller.ends for caller in callers]
    assert set(posts) <= {200, 400}
    # One for each of the signals, commands and looks at the file would be far more.
    assert reloads(subject) < 4 * (BURST + 10)
    assert_nothing_is_left(subject, str(places[2]))


def assert_nothing_is_left(subject: Subject, reference: str) -> None:
    """Only what the configuration wants is there, and nobody holds or awaits it."""

    def settled() -> bool:
        figures = stats(subject)
        (basic, last) = figures["replicas"]
        idle = not any(one[what] for one in (basic, last) for what in ("leases", "waiters", "running_batches"))
        used = basic["footprint_bytes"]
        ends = (basic["references"], basic["state"], last["state"])
        return idle and ends == ([reference], "ready", "cold") and figures["memory_used_bytes"] == used

    assert eventually(settled), stats(subject)
    assert "Traceback" not in subject.log
    assert "never retrieved" not in subject.log


def test_burst_of_signals_is_a_handful_of_reloads(stormy: Callable[[], Subject], tmp_path: Path) -> None:
    subject = stormy()
    before = reloads(subject)
    (tmp_path / "stuck").touch()
    put(tmp_path, config(other_content(tmp_path, 0)))
    assert eventually((tmp_path / "stuck.seen").exists)
    for _ in range(BURST):
        subject.process.send_signal(signal.SIGHUP)
    (tmp_path / "stuck").unlink()
    assert eventually(lambda: reloads(subject) > before)
    assert admin(subject, "/admin/reload", "POST").status == 200
    assert reloads(subject) - before <= 4


def test_signals_from_the_first_to_the_last_moment_end_no_server(tmp_path: Path) -> None:
    put(tmp_path, config("embedded/en-pt"))
    subject = launch_server(tmp_path, "-m", "tests.reliability.obedient_server", "serve", **EAGER)
    try:
        assert eventually(lambda: "configuration:" in subject.log)
        for _ in range(BURST):
            subject.process.send_signal(signal.SIGHUP)
        subject.server.wait_live()
        subject.process.send_signal(signal.SIGTERM)
        while subject.process.poll() is None:
            os.kill(subject.process.pid, signal.SIGHUP)
        assert subject.process.wait() == 0
    finally:
        end_server(subject.process)
