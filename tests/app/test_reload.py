from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from app.errors import ReloadFailed
from app.main import create_app
from app.reload import Reloader, ReloadReport, _reload_when, watch_file
from app.settings import ConfigSource, Settings
from model_pool.catalog.catalog import EMBEDDED_DIR
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.base import EngineLoader
from model_pool.engines.fake import FakeLoader
from model_pool.errors import EngineError
from model_pool.types import EncodedSegment

EN_PT = '[tiers.basic]\ncheckpoints = ["embedded/en-pt"]\n'
BOTH = '[tiers.basic]\ncheckpoints = ["embedded/en-pt", "embedded/pt-en"]\n'
OTHER = '[tiers.basic]\ncheckpoints = ["embedded/pt-en"]\n'
ENGLISH = {"text": "one two", "source_language": "en", "target_language": "pt"}
PORTUGUESE = {"text": "um dois", "source_language": "pt", "target_language": "en"}


class Reloadable:
    """A server in this process whose configuration file tests rewrite."""

    def __init__(self, path: Path, loader: EngineLoader) -> None:
        self.path = path
        source = ConfigSource(path)
        self.client = TestClient(create_app(source.read(), source=source, loader=loader))

    def reload(self, config: str) -> ReloadReport:
        self.path.write_text(config, encoding="utf-8")
        assert self.client.portal is not None
        report: ReloadReport = self.client.portal.call(self.client.app_state["reloader"].reload)
        return report

    def ask(self, body: dict[str, Any]) -> Any:  # noqa: ANN401 - the test client has its own httpx
        return self.client.post("/translate", json=body)

    def states(self) -> dict[str, str]:
        snapshots = self.client.app_state["reloader"].services.pool.snapshot()
        specs = self.client.app_state["reloader"]._parts.pool._runtime._specs
        return {specs[one.key].checkpoint.reference: one.state.value for one in snapshots if one.key in specs}


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Reloadable]]:
    monkeypatch.setenv("BABELPOOL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BABELPOOL_SERVER__WATCH_CONFIG", "0")
    running: list[Reloadable] = []

    def make(config: str, loader: EngineLoader | None = None) -> Reloadable:
        path = tmp_path / "babelpool.toml"
        path.write_text(config, encoding="utf-8")
        server = Reloadable(path, loader or FakeLoader())
        server.client.__enter__()
        running.append(server)
        return server

    yield make
    for server in running:
        server.client.__exit__(None, None, None)


def test_new_checkpoint_is_served_and_the_old_one_leaves(start: Callable[..., Reloadable]) -> None:
    server = start(EN_PT)
    assert server.ask(ENGLISH).status_code == 200
    report = server.reload(OTHER)
    assert (report.added, report.removed) == (("embedded/pt-en",), ("embedded/en-pt",))
    assert server.ask(PORTUGUESE).status_code == 200
    assert server.ask(ENGLISH).status_code == 400
    deadline = time.monotonic() + 10
    while server.states()["embedded/en-pt"] != "cold" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.states() == {"embedded/en-pt": "cold", "embedded/pt-en": "ready"}


def test_what_stays_is_not_loaded_again(start: Callable[..., Reloadable]) -> None:
    loader = FakeLoader()
    server = start(EN_PT, loader)
    server.ask(ENGLISH)
    report = server.reload(BOTH + '[tiers.fast]\ncheckpoints = ["embedded/en-pt"]\nbeam_size = 3\n')
    assert report.tiers == ("basic", "fast")
    assert server.ask(ENGLISH | {"model_type": "fast"}).status_code == 200
    assert len(loader.loaded) == 2
    assert server.client.get("/stats").json()["models_saved"] == 1


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ("[tiers.basic\n", "not valid TOML"),
        (BOTH + "beam_siz = 2\n", "tiers.basic.beam_siz"),
        ('[tiers.basic]\ncheckpoints = ["embedded/en-fr"]\n', "'embedded/en-fr' is not embedded"),
        ('default_tier = "gold"\n' + BOTH, "default_tier is 'gold'"),
    ],
)
def test_mistake_in_the_configuration_changes_nothing_and_says_what_is_wrong(
    start: Callable[..., Reloadable], config: str, why: str
) -> None:
    server = start(EN_PT)
    with pytest.raises(ReloadFailed, match=why.replace("[", r"\[")):
        server.reload(config)
    assert server.ask(ENGLISH).status_code == 200
    assert list(server.client.get("/models").json()["available_models"]) == ["basic"]


@pytest.mark.parametrize("when", ["loading", "translating"])
def test_new_checkpoint_that_does_not_work_never_gets_traffic(start: Callable[..., Reloadable], when: str) -> None:
    def load(checkpoint: Checkpoint) -> None:
        if when == "loading" and checkpoint.reference == "embedded/pt-en":
            raise OSError("disk on fire")

    def translate(batch: Sequence[EncodedSegment]) -> None:
        if when == "translating" and not any("one" in token for token in batch[0].tokens):
            raise EngineError("disk on fire")

    server = start(EN_PT, FakeLoader(on_load=load, hook=translate))
    assert server.ask(ENGLISH | {"text": "one"}).status_code == 200
    with pytest.raises(ReloadFailed, match="disk on fire"):
        server.reload(BOTH)
    assert server.ask(ENGLISH | {"text": "one more one"}).status_code == 200
    assert server.ask(PORTUGUESE).status_code == 400
    assert len(server.client.get("/stats").json()["replicas"]) == 1
    deadline = time.monotonic() + 10
    while server.states().get("embedded/pt-en") == "ready" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.states()["embedded/pt-en"] != "ready"


def test_request_that_runs_during_a_reload_ends_on_what_it_began_with(start: Callable[..., Reloadable]) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def hold(batch: Sequence[EncodedSegment]) -> None:
        if any("slow" in token for token in batch[0].tokens):
            entered.set()
            assert go_on.wait(30)

    server = start(EN_PT, FakeLoader(hook=hold))
    answers: list[Any] = []
    caller = threading.Thread(target=lambda: answers.append(server.ask(ENGLISH | {"text": "slow text"})))
    caller.start()
    assert entered.wait(30)
    server.reload(OTHER)
    assert server.ask(PORTUGUESE).status_code == 200
    go_on.set()
    caller.join(30)
    assert answers[0].status_code == 200
    assert answers[0].json()["model_used"].startswith("embedded/en-pt#")


def test_limits_change_and_what_needs_a_restart_is_named(start: Callable[..., Reloadable]) -> None:
    server = start(EN_PT)
    report = server.reload("[limits]\nmax_texts = 1\n[server]\nport = 9999\n[engine]\ninter_threads = 7\n" + EN_PT)
    assert report.needs_restart == ("server.port", "engine.inter_threads")
    assert server.ask(ENGLISH | {"text": ["a", "b"]}).status_code == 413


def test_no_request_fails_while_the_configuration_is_reloaded_again_and_again(
    start: Callable[..., Reloadable],
) -> None:
    server = start(BOTH)
    stop = threading.Event()
    statuses: list[int] = []

    def ask() -> None:
        while not stop.is_set():
            statuses.append(server.ask(ENGLISH).status_code)

    callers = [threading.Thread(target=ask) for _ in range(3)]
    for caller in callers:
        caller.start()
    for number in range(6):
        server.reload((EN_PT if number % 2 else BOTH) + f"beam_size = {number + 1}\n")
    stop.set()
    for caller in callers:
        caller.join(30)
    assert len(statuses) > 10
    assert set(statuses) == {200}


def test_checkpoint_that_becomes_preloaded_is_loaded_by_the_reload(start: Callable[..., Reloadable]) -> None:
    """Or the server would not be ready until somebody happened to ask for it."""
    server = start(BOTH + "preload = false\n")
    assert server.states() == {}
    server.reload(BOTH)
    assert server.client.get("/ready").status_code == 200


def test_same_content_is_loaded_from_where_the_configuration_has_it_now(
    start: Callable[..., Reloadable], tmp_path: Path
) -> None:
    for place in ("old", "new"):
        shutil.copytree(EMBEDDED_DIR / "en-pt", tmp_path / place)
    config = '[tiers.basic]\npreload = false\ncheckpoints = ["{}"]\n'
    server = start(config.format(tmp_path / "old"))
    assert server.ask(ENGLISH).status_code == 200
    server.reload(config.format(tmp_path / "new"))
    shutil.rmtree(tmp_path / "old")
    services = server.client.app_state["reloader"].services
    (key,) = services.tiers.unique
    server.client.portal.call(services.pool.unload, key)  # type: ignore[union-attr]
    answer = server.ask(ENGLISH)
    assert answer.status_code == 200, answer.text
    assert answer.json()["model_used"].startswith(str(tmp_path / "new"))


def test_reloads_asked_for_during_one_are_one_and_outlive_whoever_asked(start: Callable[..., Reloadable]) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def load(checkpoint: Checkpoint) -> None:
        if checkpoint.reference == "embedded/pt-en":
            entered.set()
            assert go_on.wait(30)

    server = start(EN_PT, FakeLoader(on_load=load))
    reloader = server.client.app_state["reloader"]
    reads = 0
    read = reloader._read

    def count() -> Settings:
        nonlocal reads
        reads += 1
        settings: Settings = read()
        return settings

    reloader._read = count
    portal = server.client.portal
    assert portal is not None
    server.path.write_text(BOTH, encoding="utf-8")
    first = portal.start_task_soon(reloader.reload)
    assert entered.wait(30)
    crowd = [portal.start_task_soon(reloader.reload) for _ in range(50)]
    crowd[0].cancel()
    server.path.write_text(OTHER, encoding="utf-8")
    go_on.set()
    assert first.result(30).added == ("embedded/pt-en",)
    assert {one.result(30).removed for one in crowd[1:]} == {("embedded/en-pt",)}
    assert reads == 2


def test_server_that_ends_during_a_reload_gives_it_up(start: Callable[..., Reloadable]) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def load(checkpoint: Checkpoint) -> None:
        if checkpoint.reference == "embedded/pt-en":
            entered.set()
            assert go_on.wait(30)

    server = start(EN_PT, FakeLoader(on_load=load))
    reloader, portal = server.client.app_state["reloader"], server.client.portal
    assert portal is not None
    server.path.write_text(BOTH, encoding="utf-8")
    reload = portal.start_task_soon(reloader.reload)
    assert entered.wait(30)
    portal.call(reloader.close)
    with pytest.raises(CancelledError):
        reload.result(30)
    assert not reloader._tasks
    go_on.set()


async def test_reload_that_ends_in_a_bug_does_not_end_listening_to_signals() -> None:
    asked = asyncio.Event()
    wanted = asyncio.Event()

    class Buggy:
        async def reload(self) -> None:
            asked.set()
            raise RuntimeError("a bug")

    listening = asyncio.create_task(_reload_when(wanted, cast("Reloader", Buggy())))
    for _ in range(2):
        asked.clear()
        wanted.set()
        await asyncio.wait_for(asked.wait(), 10)
    listening.cancel()


async def test_each_change_of_a_file_is_noticed_and_its_absence_is_not(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    changes = asyncio.Event()
    watching = asyncio.create_task(watch_file(path, changes.set, seconds=0.01))
    try:
        await asyncio.sleep(0.05)
        assert not changes.is_set()
        path.unlink()
        await asyncio.sleep(0.05)
        assert not changes.is_set()
        path.touch()  # empty: somebody is about to write it
        await asyncio.sleep(0.05)
        assert not changes.is_set()
        (tmp_path / "new").write_text("three")
        (tmp_path / "new").rename(path)
        await asyncio.wait_for(changes.wait(), 10)
    finally:
        watching.cancel()
