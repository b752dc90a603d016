"""Failures that other servers had and that could be ours; docs/reliability.md lists all of them and their tests."""

from __future__ import annotations

import ast
import asyncio
import gc
import json
import random
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.devices import memory_in_use
from model_pool.engines.ctranslate2 import CTranslate2Engine, CTranslate2Loader
from model_pool.engines.fake import FakeEngine, FakeLoader
from model_pool.engines.threads import ThreadPlan
from model_pool.errors import PoolSaturated
from model_pool.pool import ModelPool
from model_pool.replica import ReplicaSpec
from model_pool.residency.rules import Rules
from model_pool.runtime import PoolOptions
from model_pool.types import DecodeOptions, EncodedSegment
from tests.app.conftest import BOTH, EN_PT, Serve
from tests.model_pool.test_pool import fake_spec, opened, real_spec, translate
from tests.reliability.conftest import REPOSITORY
from tests.reliability.wire import PATIENCE, english, eventually

SOURCES = [*(REPOSITORY / "app").rglob("*.py"), *(REPOSITORY / "model_pool").rglob("*.py")]


@pytest.fixture
def checkpoints(tmp_path: Path) -> tuple[Checkpoint, Checkpoint]:
    catalog = Catalog(tmp_path / "data")
    return catalog.resolve("embedded/en-pt"), catalog.resolve("embedded/pt-en")


@pytest.fixture
def checkpoint(checkpoints: tuple[Checkpoint, Checkpoint]) -> Checkpoint:
    return checkpoints[0]


async def test_unloads_that_race_requests_deadlock_nobody(checkpoint: Checkpoint) -> None:
    # llama-swap #946: an unload for being idle raced a request and a group deadlocked while /health said OK.
    chance = random.Random(7)

    async with opened(FakeLoader()) as pool, asyncio.timeout(PATIENCE):
        spec = fake_spec(checkpoint)

        async def ask(number: int) -> None:
            await asyncio.sleep(chance.random() * 0.2)
            assert await translate(pool, spec, f"text {number}") == [f"text {number}"]

        async def unload() -> None:
            await asyncio.sleep(chance.random() * 0.2)
            pool.unload(spec.key)

        await asyncio.gather(*map(ask, range(200)), *(unload() for _ in range(50)))
        assert pool.snapshot()[0].leases == 0


async def ask_until_there_is_room(pool: ModelPool, spec: ReplicaSpec, source: str, target: str) -> None:
    while True:
        try:
            async with pool.lease(spec) as lease:
                await pool.translate(lease, ["x"], source=source, target=target, options=DecodeOptions())
                return
        except PoolSaturated:
            await asyncio.sleep(0.001)


async def test_evicted_replica_that_is_asked_for_again_blocks_no_load(
    checkpoints: tuple[Checkpoint, Checkpoint],
) -> None:
    # Ollama #17408: an eviction victim that a fast path brought back to life deadlocked all loads.
    one, other = map(fake_spec, checkpoints)
    room = max(one.peak_bytes, other.peak_bytes)  # for either, never for both
    options = PoolOptions(rules=Rules(budgets={"cpu": room + 2**20}))
    async with opened(FakeLoader(), options=options) as pool, asyncio.timeout(60):
        for _ in range(10):
            await asyncio.gather(
                *(ask_until_there_is_room(pool, one, "en", "pt") for _ in range(5)),
                *(ask_until_there_is_room(pool, other, "pt", "en") for _ in range(5)),
            )
        assert all(snapshot.loads > 1 for snapshot in pool.snapshot())


async def test_other_options_under_load_neither_wait_nor_reload(checkpoint: Checkpoint) -> None:
    # Ollama, pull request 14407: a change of options under load waited for ever.
    entered, go_on = threading.Event(), threading.Event()

    def hold(segments: Sequence[EncodedSegment]) -> None:
        if any("busy" in "".join(segment.tokens) for segment in segments):
            entered.set()
            assert go_on.wait(PATIENCE)

    loader = FakeLoader(hook=hold)
    async with opened(loader) as pool, asyncio.timeout(PATIENCE):
        spec = fake_spec(checkpoint)
        busy = asyncio.create_task(translate(pool, spec, "busy"))
        await asyncio.to_thread(entered.wait, PATIENCE)
        for beam_size in (1, 2, 5):
            async with pool.lease(spec) as lease:
                options = DecodeOptions(beam_size=beam_size)
                await pool.translate(lease, ["x"], source="en", target="pt", options=options)
        go_on.set()
        await busy
        assert len(loader.loaded) == 1


class Watched(FakeEngine):
    """An engine that can be watched to its end; the fake's slots leave no room for weak references."""

    __slots__ = ("__weakref__",)


class WatchedLoader(FakeLoader):
    def load(self, checkpoint: Checkpoint, *, device: str, compute_type: str, threads: ThreadPlan) -> FakeEngine:
        engine = Watched(compute_type=compute_type)
        self.last = weakref.ref(engine)
        return engine


def test_one_unload_frees_the_checkpoint_that_several_tiers_share(serve: Serve) -> None:
    # Meeshy: eviction dropped one reference while another kept the memory.
    loader = WatchedLoader()
    client = serve(loader=loader, tiers=dict.fromkeys(("basic", "medium", "premium"), EN_PT))
    for tier in ("basic", "medium", "premium"):
        assert client.post("/translate", json=english("Hello", model_type=tier)).status_code == 200
    services = client.app_state["reloader"].services
    portal = client.portal
    assert portal is not None
    for key in services.tiers.unique:
        portal.call(services.pool.unload, key)

    def freed() -> bool:
        gc.collect()
        return loader.last() is None

    assert eventually(freed)
    assert client.get("/stats").json()["memory_used_bytes"] == 0


def test_oversized_head_of_the_queue_blocks_nobody(serve: Serve) -> None:
    # TEI #470: a full command channel panicked, and a head of the queue over the budget blocked for ever.
    client = serve(tiers={"basic": BOTH | {"max_length": 512}}, batching={"max_tokens": 8})
    long = " ".join(["very"] * 300)
    texts = [long, "short one", long, "short two"]
    answer = client.post("/translate", json=english(*texts))
    assert answer.status_code == 200
    assert answer.json()["translated_text"] == texts


def attributes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("BaseHTTPMiddleware", "starlette: it breaks cancelling and streaming; write pure ASGI"),
        ("fork", "CTranslate2 #1414: it hangs after a fork"),
        ("multiprocessing", "CTranslate2 #1414: it hangs after a fork"),
    ],
)
def test_what_hurt_others_is_never_used(name: str, why: str) -> None:
    users = [str(path) for path in SOURCES if name in set(attributes(ast.parse(path.read_text(encoding="utf-8"))))]
    assert users == [], why


def test_unload_model_is_called_in_the_one_place_that_looks_whether_it_did_anything() -> None:
    # CTranslate2: it silently does nothing while batches run.
    sources = {path: path.read_text(encoding="utf-8") for path in SOURCES}
    users = [path for path, source in sources.items() if "unload_model" in set(attributes(ast.parse(source)))]
    assert [path.name for path in users] == ["ctranslate2.py"]
    assert sources[users[0]].count(".unload_model(") == 1
    assert ".unload_model(to_cpu=True)\n                if not self._translator.model_is_loaded:" in sources[users[0]]


def test_serving_process_never_forks_and_mixes_no_openmp_runtimes() -> None:
    # CTranslate2 #1414: it hangs after a fork. LibreTranslate #1008: two OpenMP runtimes in one process.
    # Wheels bring copies of their own of GNU's; those live side by side, but not with Intel's or LLVM's.
    code = (
        "import json, re, sys\n"
        "from pathlib import Path\n"
        "from fastapi.testclient import TestClient\n"
        "from app.main import create_app\n"
        "from app.settings import load_settings\n"
        "forks = []\n"
        "sys.addaudithook(lambda event, _: forks.append(event) if 'fork' in event or event in\n"
        "    {'subprocess.Popen', 'os.system', 'os.posix_spawn', 'os.exec'} else None)\n"
        "with TestClient(create_app(load_settings())) as client:\n"
        "    for text, target in (('The house is red.', 'pt'), ('A casa é vermelha.', 'en')):\n"
        "        answer = client.post('/translate', json={'text': text, 'target_language': target})\n"
        "        assert answer.status_code == 200, answer.text\n"
        "    client.get('/metrics'), client.get('/stats'), client.get('/ready')\n"
        "    maps = Path('/proc/self/maps').read_text()\n"
        "runtimes = sorted(set(re.findall(r'/lib([gi]?omp)[^/\\s]*', maps)))\n"
        "print(json.dumps([forks, runtimes]))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False, cwd=REPOSITORY
    )
    assert result.returncode == 0, result.stderr
    forks, runtimes = json.loads(result.stdout.splitlines()[-1])
    assert forks == []
    assert len(runtimes) <= 1, runtimes


@pytest.mark.slow
async def test_memory_of_a_large_batch_goes_with_its_replica(checkpoint: Checkpoint) -> None:
    # CTranslate2 #824: the allocator's cache stayed as large as the largest batch.
    spec = real_spec(checkpoint)
    assert isinstance(
        CTranslate2Loader().load(checkpoint, device="cpu", compute_type="int8_float32", threads=ThreadPlan(1, 1)),
        CTranslate2Engine,
    )
    async with opened(CTranslate2Loader()) as pool:
        await translate(pool, spec, "Hello.")
    before = memory_in_use("cpu")
    for _ in range(2):
        async with opened(CTranslate2Loader()) as pool:
            await translate(pool, spec, *[" ".join(["The house is red,"] * 60)] * 64)
    assert memory_in_use("cpu") - before < 60 * 2**20
