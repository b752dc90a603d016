"""Engines that raise, loads that hang or fail, files that rot, disks that are full: said once, and lived through."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from model_pool.catalog.catalog import EMBEDDED_DIR, Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.references import HubReference
from model_pool.engines.fake import FakeLoader
from model_pool.errors import LoadFailed, SegmentFailed, StorageFailed
from model_pool.pool import ModelPool
from model_pool.types import EncodedSegment
from tests.app.conftest import BOTH, EN_PT, PT_EN, Serve
from tests.model_pool.catalog.conftest import make_checkpoint
from tests.model_pool.test_pool import fake_spec, opened, translate
from tests.reliability.wire import PATIENCE, english, eventually

OLD, NEW = HubReference("org/old"), HubReference("org/new")


class Panic(BaseException):
    """As the Rust libraries raise it: no Exception."""


def ask(client: TestClient, text: str = "Hello there", **fields: object) -> Any:  # noqa: ANN401 - httpx's or httpx2's
    return client.post("/translate", json=english(text, **fields))


def raising(error: BaseException, word: str = "poison") -> Callable[[Sequence[EncodedSegment]], None]:
    def hook(segments: Sequence[EncodedSegment]) -> None:
        if any(word in "".join(segment.tokens) for segment in segments):
            raise error

    return hook


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    return Catalog(tmp_path / "data").resolve("embedded/en-pt")


# ---- engines that raise -------------------------------------------------------------------------------------


def test_engine_that_raises_more_often_than_it_has_threads_goes_on_translating(serve: Serve) -> None:
    # infinity #242, #544: an exception killed the worker and every later request hung.
    client = serve(loader=FakeLoader(hook=raising(RuntimeError("kaputt"))), tiers={"basic": BOTH})
    for _ in range(20):
        answer = ask(client, "poison")
        assert answer.status_code == 500
        assert answer.json()["code"] == "segment_failed"
    assert ask(client).json()["translated_text"] == "Hello there"


async def test_every_request_in_a_batch_that_raises_is_answered(checkpoint: Checkpoint) -> None:
    # quickmt: a batch error resolved the first future only and the others hung.
    loader = FakeLoader(hook=raising(RuntimeError("kaputt")))
    async with opened(loader) as pool, asyncio.timeout(PATIENCE):
        spec = fake_spec(checkpoint)
        texts = [f"{'poison' if number % 3 == 0 else 'text'} {number}" for number in range(60)]
        answers = await asyncio.gather(*(translate(pool, spec, text) for text in texts), return_exceptions=True)
        for text, answer in zip(texts, answers, strict=True):
            assert isinstance(answer, SegmentFailed) if "poison" in text else answer == [text]
        assert pool.snapshot()[0].leases == 0


def test_failure_is_not_remembered_as_the_answer(serve: Serve) -> None:
    # Meeshy: error text came back as a translation with HTTP 200 and stayed in the cache for 30 days.
    failures = iter([RuntimeError("once"), RuntimeError("twice: the batch, then the item alone")])

    def fail_at_first(_: Sequence[EncodedSegment]) -> None:
        for error in failures:
            raise error

    client = serve(tiers={"basic": BOTH | {"preload": False}}, loader=FakeLoader(hook=fail_at_first))
    statuses = [ask(client).status_code for _ in range(3)]
    assert statuses[0] == 500
    assert statuses[-1] == 200
    assert ask(client).json()["translated_text"] == "Hello there"


async def test_engine_that_panics_answers_those_who_wait(checkpoint: Checkpoint) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    async with opened(FakeLoader(hook=raising(Panic("in Rust")))) as pool, asyncio.timeout(3):
        with pytest.raises(SegmentFailed):
            await translate(pool, fake_spec(checkpoint), "poison")


# ---- loads that hang or fail --------------------------------------------------------------------------------


def test_load_that_hangs_is_a_503_in_time_and_the_other_tier_serves(serve: Serve) -> None:
    go_on = threading.Event()

    def hang(checkpoint: Checkpoint) -> None:
        if checkpoint.reference == "embedded/pt-en":
            go_on.wait(60)

    client = serve(
        loader=FakeLoader(on_load=hang),
        pool={"load_timeout": 1.5},
        tiers={"basic": EN_PT, "stuck": PT_EN | {"preload": False}},
    )
    answer = ask(client, "Olá", source_language="pt", target_language="en", model_type="stuck")
    assert answer.status_code == 503
    assert answer.json()["code"] == "load_failed"
    assert int(answer.headers["retry-after"]) >= 1
    assert ask(client).status_code == 200
    go_on.set()


def test_load_that_failed_is_tried_again_after_its_cooldown(serve: Serve) -> None:
    attempts = 0

    def fail_twice(_: Checkpoint) -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise MemoryError("no memory today")

    client = serve(
        loader=FakeLoader(on_load=fail_twice),
        pool={"failure_cooldown": 0.05},
        tiers={"basic": EN_PT | {"preload": False}},
    )
    first = ask(client)
    assert first.status_code == 503
    assert "no memory today" in first.json()["message"]
    assert eventually(lambda: ask(client).status_code == 200)
    assert attempts == 3


def test_crowd_during_the_cooldown_starts_no_load(serve: Serve) -> None:
    attempts: list[Checkpoint] = []

    def fail(checkpoint: Checkpoint) -> None:
        attempts.append(checkpoint)
        raise OSError("gone")

    client = serve(loader=FakeLoader(on_load=fail), tiers={"basic": EN_PT | {"preload": False}})
    assert {ask(client).status_code for _ in range(50)} == {503}
    assert len(attempts) == 1


async def test_load_that_panics_is_told_to_those_who_wait(checkpoint: Checkpoint) -> None:
    def panic(_: Checkpoint) -> None:
        raise Panic("a tokenizer that Rust cannot read")

    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    pool = ModelPool([FakeLoader(on_load=panic)])  # without `opened`: what never settles cannot be closed
    async with asyncio.timeout(3):
        with pytest.raises(LoadFailed, match="Rust"):
            await translate(pool, fake_spec(checkpoint), "x")


# ---- files that rot -----------------------------------------------------------------------------------------


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _corrupt(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff\x00\xff")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _replace_by_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = [Path.unlink, _truncate, _corrupt, _empty, _replace_by_directory]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["model.bin", "config.json"])
def test_file_that_rots_after_start_up_is_named_and_its_repair_is_noticed(
    serve: Serve, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(EMBEDDED_DIR / "en-pt", copy)
    tiers = {"basic": {"checkpoints": [str(copy)], "preload": False}}
    client = serve(tiers=tiers, pool={"failure_cooldown": 0.05})
    damage(copy / name)
    answer = ask(client)
    assert answer.status_code == 503
    assert answer.json()["detail"] == {"cause": "checkpoint_corrupted"}
    assert name in answer.json()["message"]
    shutil.rmtree(copy)
    shutil.copytree(EMBEDDED_DIR / "en-pt", copy)
    assert eventually(lambda: ask(client).status_code == 200)


def test_directory_that_is_gone_after_start_up_is_a_503(serve: Serve, tmp_path: Path) -> None:
    shutil.copytree(EMBEDDED_DIR / "en-pt", tmp_path / "copy")
    tiers = {"basic": {"checkpoints": [str(tmp_path / "copy")], "preload": False}, "other": PT_EN}
    client = serve(tiers=tiers)
    shutil.rmtree(tmp_path / "copy")
    assert ask(client).status_code == 503
    back = ask(client, "Olá", source_language="pt", target_language="en", model_type="other")
    assert back.status_code == 200


def test_files_that_vanish_under_a_loaded_replica_change_nothing(serve: Serve, tmp_path: Path) -> None:
    shutil.copytree(EMBEDDED_DIR / "en-pt", tmp_path / "copy")
    client = serve(tiers={"basic": {"checkpoints": [str(tmp_path / "copy")]}})
    assert ask(client).status_code == 200
    shutil.rmtree(tmp_path / "copy")
    assert ask(client, "Still there").status_code == 200


# ---- disks that are full ------------------------------------------------------------------------------------


def register(
    data: Path, reference: HubReference, weights: bytes, full_from_here: Callable[[], None] = lambda: None
) -> None:
    catalog = Catalog(data)
    with catalog.staging() as staged:
        make_checkpoint(staged, weights=weights)
        full_from_here()
        catalog.register(staged, [reference])


def assert_whole(data: Path) -> None:
    """What is registered is whole and nothing unfinished is left over."""
    for entry in Catalog(data).survey():
        assert isinstance(entry, Checkpoint), entry
        entry.verify()
    assert (Catalog(data).resolve(str(OLD)).path / "model.bin").read_bytes() == b"old"
    assert list((data / "staging").iterdir()) == []


def test_disk_that_is_full_at_any_flush_of_a_registration_leaves_the_catalog_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    register(data, OLD, b"old")
    flush, steps = os.fsync, 0
    refusing = True
    refusals: list[str] = []
    while refusing:
        steps += 1
        left = steps

        def full(descriptor: int) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            flush(descriptor)

        with monkeypatch.context() as patched:
            try:
                register(data, NEW, b"new", partial(patched.setattr, os, "fsync", full))
                refusing = False
            except StorageFailed as error:
                refusals.append(str(error))
        assert_whole(data)
    assert all("No space left on device" in refusal and "Free space" in refusal for refusal in refusals)
    assert len(refusals) > 5


def test_disk_that_takes_no_more_bytes_is_one_sentence_and_leaves_the_catalog_whole(tmp_path: Path) -> None:
    """A limit on the size of files, in a process of its own, refuses real writes as a full disk does."""
    data = tmp_path / "data"
    register(data, OLD, b"old")
    code = (
        "import json, resource, sys\n"
        "from pathlib import Path\n"
        "from model_pool.catalog.catalog import Catalog\n"
        "from model_pool.errors import StorageFailed\n"
        "from tests.model_pool.catalog.conftest import make_checkpoint\n"
        "from tests.reliability.test_engines import NEW\n"
        "catalog = Catalog(Path(sys.argv[1]))\n"
        "with catalog.staging() as staged:\n"
        "    make_checkpoint(staged, weights=b'new')\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "    try:\n"
        "        catalog.register(staged, [NEW])\n"
        "    except StorageFailed as error:\n"
        "        print(json.dumps(str(error)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(data)], capture_output=True, text=True, timeout=60, check=True
    )
    assert "cannot be written" in json.loads(result.stdout)
    assert_whole(data)
