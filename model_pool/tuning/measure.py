"""One round: a closed load on the real batcher over a loaded engine, counted batch by batch; touches the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from model_pool.batching.batcher import BatchDone, Batcher
from model_pool.batching.forming import BatchLimits
from model_pool.devices import memory_in_use
from model_pool.engines.base import Engine
from model_pool.errors import DeviceLost, PoolClosed
from model_pool.tokenization.base import Tokenizer
from model_pool.tuning.choice import Round
from model_pool.tuning.workload import Workload

_WARM_UP = 0.2
"""Part of a round that does not count."""

_LEAST_BATCHES = 3
"""A round goes on until it has counted so many, however slow the checkpoint is."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A loaded engine with its tokenizer. `before`: bytes of the device that were in use before it was loaded."""

    engine: Engine
    tokenizer: Tokenizer
    device: str
    before: int


class _Window:
    """Counts from the end of one batch to the end of another, so that batches cut by the clock do not blur the rate."""

    def __init__(self, seconds: float, to_warm: int) -> None:
        now = perf_counter()
        self._warm, self._end, self._to_warm = now + _WARM_UP * seconds, now + seconds, to_warm
        self._opened = self._last = 0.0
        self._batches = 0
        self.sentences = 0
        self.latencies: list[float] = []
        self.full = asyncio.Event()

    @property
    def rate(self) -> float:
        return self.sentences / max(self._last - self._opened, 1e-9)

    def batch_done(self, done: BatchDone) -> None:
        now = perf_counter()
        self._to_warm -= 1
        if self._to_warm >= 0 or now < self._warm or self.full.is_set():
            return
        if not self._opened:
            self._opened = self._last = now
            return
        self._last = now
        self._batches += 1
        self.sentences += done.segments
        if now >= self._end and self._batches >= _LEAST_BATCHES:
            self.full.set()

    def answered(self, asked: float) -> None:
        if self._opened and not self.full.is_set():
            self.latencies.append(perf_counter() - asked)


async def measure(copy: Copy, load: Workload, limits: BatchLimits, *, seconds: float, first: int = 0) -> Round:
    """Return what a copy does under the load with these limits.

    first: place of the first text. Settings that are to be compared get the same texts in the same order.
    Raises whatever a translation raises.
    """
    window = _Window(seconds, to_warm=copy.engine.parallelism)
    batcher = Batcher(
        copy.engine, limits=limits, hold=lambda: _nothing, on_done=window.batch_done, on_device_lost=_ignored
    )
    texts = islice(cycle(load.texts), first % len(load.texts), None)
    callers = [asyncio.create_task(_caller(copy.tokenizer, batcher, load, texts, window)) for _ in range(load.waiting)]
    full = asyncio.create_task(window.full.wait())
    try:
        done, _ = await asyncio.wait({*callers, full}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        grown = memory_in_use(copy.device) - copy.before
    finally:
        await _stop(batcher, [*callers, full])
    return _round(window, grown)


async def _caller(
    tokenizer: Tokenizer, batcher: Batcher, load: Workload, texts: Iterator[str], window: _Window
) -> None:
    """Ask for ever, as the pool does for a request of one sentence: encode, batch, decode."""
    for text in texts:
        asked = perf_counter()
        segment = tokenizer.encode(text, load.pair.source, load.pair.target)
        results = await batcher.translate([segment], load.options)
        tokenizer.decode(results[0][0].tokens)
        window.answered(asked)


async def _stop(batcher: Batcher, tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    batcher.shut(PoolClosed("the round is over"))
    await batcher.ended()


def _round(window: _Window, grown: int) -> Round:
    latencies = window.latencies or [0.0]
    p95 = quantiles(latencies, n=20)[-1] if len(latencies) > 1 else latencies[0]
    return Round(window.rate, median(latencies), p95, max(0, grown), window.sentences)


def _nothing() -> None:
    """Release nothing: the copy is ours until the round is over."""


def _ignored(_: DeviceLost) -> None:
    """The callers get the error, too."""
