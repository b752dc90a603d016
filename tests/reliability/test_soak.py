"""A long random mixture on the real engine: right answers, nothing left over, memory that does not grow.

`make soak` runs it for SOAK_SECONDS=120; without that it is a short one.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import httpx
import psutil
import pytest
from starlette.types import Receive, Scope, Send

from app.main import create_app
from app.services import Services
from app.settings import load_settings
from model_pool.devices import return_free_memory
from model_pool.pool import ReplicaSnapshot
from tests.app.conftest import override

logger = logging.getLogger(__name__)

SECONDS = float(os.environ.get("SOAK_SECONDS", "15"))
CALLERS = 24
MOST_GROWTH = 60 * 2**20
"""The cache fills and the allocator settles; after that the curve is flat (docs/reliability.md)."""

# Each of these brings every number of three digits back, at every tier; longer ones the small checkpoints may repeat.
LINES = {
    ("en", "pt"): ["The house {} is red.", "Order {} was sent yesterday.", "My room number is {}."],
    ("pt", "en"): ["A casa {} é vermelha.", "O pedido {} foi enviado ontem.", "Meu quarto é o {}."],
}


def numbers_of(index: int) -> list[str]:
    """Return the two numbers that only this text carries, of 810,000 texts."""
    return [str(100 + index % 900), str(100 + index // 900 % 900)]


class Soak:
    """Callers that ask, change their minds and unload, and what came of it."""

    def __init__(self, client: httpx.AsyncClient, services: Services) -> None:
        self._client = client
        self.services = services
        self._texts = count()
        self._random = random.Random(3)
        self.ends: Counter[str] = Counter()
        self.wrong: list[str] = []

    async def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        async with asyncio.timeout(seconds + 60):
            await asyncio.gather(self._unload(end), *(self._call(end) for _ in range(CALLERS)))

    async def _call(self, end: float) -> None:
        while time.monotonic() < end:
            if self._random.random() < 0.15:
                await self._change_mind()
            else:
                await self._ask()

    async def _ask(self) -> None:
        pair = self._random.choice([*LINES])
        numbers = [numbers_of(next(self._texts)) for _ in range(self._random.choice([1, 1, 1, 2, 5, 40]))]
        texts = ["\n".join(self._random.choice(LINES[pair]).format(one) for one in two) for two in numbers]
        tier = self._random.choice(["basic", "medium", "premium"])
        body = {"text": texts, "source_language": pair[0], "target_language": pair[1], "model_type": tier}
        answer = await self._client.post("/translate", json=body)
        self.ends[str(answer.status_code)] += 1
        if answer.status_code == 200:
            for two, text, translated in zip(numbers, texts, answer.json()["translated_text"], strict=True):
                if re.findall(r"\d+", translated) != two:
                    self.wrong.append(f"{text!r} -> {translated!r}")

    async def _change_mind(self) -> None:
        task = asyncio.create_task(self._ask())
        await asyncio.sleep(self._random.random() * 0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self.ends["cancelled"] += 1

    async def _unload(self, end: float) -> None:
        """Unload something now and then while it is in use."""
        while time.monotonic() < end:
            await asyncio.sleep(self._random.random())
            self.services.pool.unload(self._random.choice([*self.services.tiers.unique]))
            self.ends["unloads"] += 1


@asynccontextmanager
async def served(home: Path) -> AsyncIterator[Soak]:
    """Run the whole application in this event loop, so that a cancelled call is a client that has gone."""
    app = create_app(override(load_settings(), {}, home))
    async with app.router.lifespan_context(app) as state:
        assert state is not None

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": dict(state)}, receive, send)

        transport = httpx.ASGITransport(with_state)
        async with httpx.AsyncClient(transport=transport, base_url="http://soak", timeout=60) as client:
            yield Soak(client, state["reloader"].services)


async def emptied(services: Services) -> int:
    """Wait until nothing is leased, queued or running, unload everything, and return the bytes still resident."""
    async with asyncio.timeout(60):
        while services.admission.in_flight or any(map(_busy, services.pool.snapshot())):  # noqa: ASYNC110 - tests poll
            await asyncio.sleep(0.01)
        for one in services.pool.snapshot():
            services.pool.unload(one.key)
        while services.pool.memory_used("cpu"):  # noqa: ASYNC110 - tests poll
            await asyncio.sleep(0.01)
    return_free_memory()
    return int(psutil.Process().memory_info().rss)


def _busy(one: ReplicaSnapshot) -> int:
    return one.leases + one.waiters + one.queued + one.running


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_long_mixture_mixes_no_answers_up_leaves_nothing_and_does_not_grow(tmp_path: Path) -> None:
    # LibreTranslate #545: memory grew until the kernel ended it.
    async with served(tmp_path) as soak:
        await soak.run(max(5.0, SECONDS / 4))
        before = await emptied(soak.services)
        await soak.run(SECONDS)
        grown = await emptied(soak.services) - before
    logger.info("soak: %s, grown by %.1f MiB", dict(soak.ends), grown / 2**20)
    assert not soak.wrong, soak.wrong[:10]
    assert {end for end in soak.ends if end.isdigit()} <= {"200", "429", "503"}, soak.ends
    assert soak.ends["200"] > 5 * SECONDS
    assert soak.ends["unloads"] > 5
    assert grown < MOST_GROWTH
