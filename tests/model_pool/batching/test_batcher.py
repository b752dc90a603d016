from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from model_pool.batching.batcher import BatchDone, Batcher
from model_pool.batching.forming import BatchLimits
from model_pool.engines.fake import FakeEngine
from model_pool.errors import DeviceLost, EngineError, PoolClosed, SegmentFailed
from model_pool.types import DecodeOptions, EncodedSegment, Hypothesis

GREEDY = DecodeOptions()


def segments(*texts: str) -> list[EncodedSegment]:
    return [EncodedSegment(tuple(text.split())) for text in texts]


class Gate:
    """A hook that holds batches inside the engine until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()

    def __call__(self, batch: Sequence[EncodedSegment]) -> None:
        self.entered.release()
        assert self.opened.wait(30)

    async def wait_entered(self) -> None:
        await asyncio.to_thread(self.entered.acquire)


class Bench:
    """A batcher over a fake engine, with what it reported."""

    def __init__(self, engine: FakeEngine, limits: BatchLimits) -> None:
        self.engine = engine
        self.held = 0
        self.reports: list[BatchDone] = []
        self.lost: list[DeviceLost] = []
        self.batcher = Batcher(
            engine, limits=limits, hold=self._hold, on_done=self.reports.append, on_device_lost=self.lost.append
        )

    def _hold(self) -> Callable[[], None]:
        self.held += 1

        def release() -> None:
            self.held -= 1

        return release

    async def words(self, *texts: str) -> list[str]:
        answers = await self.batcher.translate(segments(*texts), GREEDY)
        return [" ".join(answer[0].tokens) for answer in answers]


@asynccontextmanager
async def bench(engine: FakeEngine | None = None, limits: BatchLimits | None = None) -> AsyncIterator[Bench]:
    one = Bench(engine or FakeEngine(), limits or BatchLimits())
    try:
        yield one
    finally:
        one.batcher.shut(PoolClosed("test over"))
        await one.batcher.ended()
        assert one.held == 0, "a batch kept its lease"


async def test_results_come_back_in_order_whatever_their_lengths() -> None:
    texts = ["a b c d", "e", "f g h", "i j", "k l m n o p", "q"]
    async with bench(limits=BatchLimits(max_items=2)) as one:
        assert await one.words(*texts) == texts


async def test_nothing_to_translate_is_answered_without_a_batch() -> None:
    async with bench() as one:
        assert await one.words() == []
        assert not one.reports


async def test_what_queued_while_the_engine_was_busy_makes_one_batch() -> None:
    gate = Gate()
    async with bench(FakeEngine(hook=gate)) as one:
        blockers = [asyncio.create_task(one.words("block")) for _ in range(2)]
        for _ in blockers:
            await gate.wait_entered()
        callers = [asyncio.create_task(one.words(f"caller {n}")) for n in range(5)]
        await asyncio.sleep(0)
        assert one.batcher.queued == 5
        assert one.batcher.running == 2
        gate.opened.set()
        assert await asyncio.gather(*callers) == [[f"caller {n}"] for n in range(5)]
    assert 5 in [len(batch) for batch in one.engine.batches]


async def test_idle_engine_gets_a_segment_at_once() -> None:
    async with bench() as one:
        await one.words("hello")
    assert [len(batch) for batch in one.engine.batches] == [1]


async def test_poison_segment_fails_alone() -> None:
    # quickmt: a batch error resolved only the first future and the others hung.
    def poison(batch: Sequence[EncodedSegment]) -> None:
        if any("poison" in segment.tokens for segment in batch):
            raise ValueError("cannot digest")

    async with bench(FakeEngine(hook=poison)) as one:
        calls = [one.words("good one"), one.words("bad poison"), one.words("another good one")]
        results = await asyncio.gather(*calls, return_exceptions=True)
    assert results[0] == ["good one"]
    assert isinstance(results[1], SegmentFailed)
    assert "cannot digest" in str(results[1])
    assert results[2] == ["another good one"]


async def test_worker_survives_an_exception() -> None:
    # infinity #242, #544: an exception killed the worker thread and every later request hung.
    failing = True

    def hook(batch: Sequence[EncodedSegment]) -> None:
        if failing:
            raise MemoryError

    async with bench(FakeEngine(hook=hook)) as one:
        for _ in range(4):
            with pytest.raises(SegmentFailed):
                await one.words("x")
        failing = False
        assert await one.words("works again") == ["works again"]


async def test_lost_device_fails_the_batch_at_once_and_is_reported() -> None:
    def hook(batch: Sequence[EncodedSegment]) -> None:
        raise DeviceLost("gone")

    async with bench(FakeEngine(hook=hook)) as one:
        with pytest.raises(DeviceLost):
            await one.words("a", "b")
        assert len(one.lost) >= 1


async def test_engine_that_answers_too_few_segments_is_an_error_and_not_a_mixup() -> None:
    class Forgetful(FakeEngine):
        def translate(self, segments: Sequence[EncodedSegment], options: DecodeOptions) -> list[tuple[Hypothesis, ...]]:
            return super().translate(segments, options)[1:]

    async with bench(Forgetful()) as one:
        with pytest.raises(EngineError, match="answered 0 of 1"):
            await one.words("a", "b")


async def test_cancelled_request_drops_its_queued_segments() -> None:
    gate = Gate()
    async with bench(FakeEngine(hook=gate)) as one:
        blockers = [asyncio.create_task(one.words("block")) for _ in range(2)]
        for _ in blockers:
            await gate.wait_entered()
        doomed = asyncio.create_task(one.words("doomed"))
        kept = asyncio.create_task(one.words("kept"))
        await asyncio.sleep(0)
        doomed.cancel()
        await asyncio.sleep(0)
        assert one.batcher.queued == 1
        gate.opened.set()
        assert await kept == ["kept"]
    tokens = [token for batch in one.engine.batches for segment in batch for token in segment.tokens]
    assert "doomed" not in tokens


async def test_shut_batcher_answers_everybody() -> None:
    gate = Gate()
    async with bench(FakeEngine(hook=gate)) as one:
        running = [asyncio.create_task(one.words("running")) for _ in range(2)]
        for _ in running:
            await gate.wait_entered()
        queued = asyncio.create_task(one.words("queued"))
        await asyncio.sleep(0)
        one.batcher.shut(PoolClosed("closing"))
        with pytest.raises(PoolClosed):
            await queued
        with pytest.raises(PoolClosed):
            await one.words("late")
        gate.opened.set()
        assert await asyncio.gather(*running) == [["running"], ["running"]]


async def test_counters_tell_tokens_padding_and_waits() -> None:
    async with bench() as one:
        await one.words("a b c", "d")
    counters = one.batcher.counters
    assert (counters.segments, counters.failed) == (2, 0)
    assert counters.source_tokens == counters.target_tokens == 4
    assert counters.padded_tokens >= 4
    assert counters.batches == len(one.reports)
    assert all(wait >= 0 for report in one.reports for wait in report.queue_seconds)
