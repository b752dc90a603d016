from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from model_pool.batching.batcher import BatchDone, Batcher
from model_pool.batching.forming import BatchLimits
from model_pool.engines.fake import FakeEngine
from model_pool.errors import DeviceLost, EngineError, PoolClosed, QueueFull, SegmentFailed
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
        blockers = [asyncio.create_task(one.words(f"block {n}")) for n in range(2)]
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
        blockers = [asyncio.create_task(one.words(f"block {n}")) for n in range(2)]
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
        running = [asyncio.create_task(one.words(f"running {n}")) for n in range(2)]
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
        assert await asyncio.gather(*running) == [["running 0"], ["running 1"]]


async def test_counters_tell_tokens_padding_and_waits() -> None:
    async with bench() as one:
        await one.words("a b c", "d")
    counters = one.batcher.counters
    assert (counters.segments, counters.failed) == (2, 0)
    assert counters.source_tokens == counters.target_tokens == 4
    assert counters.padded_tokens >= 4
    assert counters.batches == len(one.reports)
    assert all(wait >= 0 for report in one.reports for wait in report.queue_seconds)


async def test_same_segment_in_flight_is_computed_once_for_all_who_ask() -> None:
    gate = Gate()
    async with bench(FakeEngine(hook=gate)) as one:
        running = [asyncio.create_task(one.words("block")) for _ in range(2)]
        await gate.wait_entered()
        callers = [asyncio.create_task(one.words("same", f"own {n}")) for n in range(5)]
        late = asyncio.create_task(one.words("block"))
        await asyncio.sleep(0)
        gate.opened.set()
        assert await asyncio.gather(*callers) == [["same", f"own {n}"] for n in range(5)]
        assert await asyncio.gather(*running, late) == [["block"]] * 3
        assert one.batcher.counters.joined == 4 + 2
    computed = [segment.tokens for batch in one.engine.batches for segment in batch]
    assert computed.count(("same",)) == 1
    assert computed.count(("block",)) == 1


async def test_segment_that_stands_twice_in_a_text_is_computed_once() -> None:
    async with bench() as one:
        assert await one.words("a", "b", "a") == ["a", "b", "a"]
        assert one.batcher.counters.segments == 2


async def test_work_goes_on_for_those_who_still_want_it() -> None:
    gate = Gate()
    async with bench(FakeEngine(hook=gate)) as one:
        blockers = [asyncio.create_task(one.words(f"block {n}")) for n in range(2)]
        for _ in blockers:
            await gate.wait_entered()
        first = asyncio.create_task(one.words("same"))
        second = asyncio.create_task(one.words("same"))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        gate.opened.set()
        assert await second == ["same"]


async def test_failure_reaches_all_who_joined() -> None:
    def poison(batch: Sequence[EncodedSegment]) -> None:
        raise ValueError("cannot digest")

    async with bench(FakeEngine(hook=poison)) as one:
        results = await asyncio.gather(*(one.words("same") for _ in range(3)), return_exceptions=True)
    assert all(isinstance(result, SegmentFailed) for result in results)


async def test_nothing_stays_behind_of_cancelled_and_finished_work() -> None:
    gate = Gate()
    async with bench(FakeEngine(hook=gate)) as one:
        blockers = [asyncio.create_task(one.words(f"block {n}")) for n in range(2)]
        for _ in blockers:
            await gate.wait_entered()
        doomed = [asyncio.create_task(one.words(f"doomed {n}", "shared")) for n in range(20)]
        await asyncio.sleep(0)
        for task in doomed:
            task.cancel()
        gate.opened.set()
        await asyncio.gather(*blockers)
        await one.words("last")
        assert one.batcher.queued == one.batcher.queued_tokens == 0
        assert len(one.batcher._in_flight) == 0


async def test_full_queue_refuses_at_once_and_says_when_to_come_back() -> None:
    gate = Gate()
    async with bench(FakeEngine(hook=gate), BatchLimits(max_queued_tokens=10)) as one:
        blockers = [asyncio.create_task(one.words(f"block {n}")) for n in range(2)]
        for _ in blockers:
            await gate.wait_entered()
        waiting = asyncio.create_task(one.words("a b c d e f g h"))
        await asyncio.sleep(0)
        with pytest.raises(QueueFull) as caught:
            await one.words("i j k")
        assert caught.value.retry_after
        assert "batching.max_queued_tokens" in str(caught.value)
        fits = asyncio.create_task(one.words("i j"))
        gate.opened.set()
        assert await waiting == ["a b c d e f g h"]
        assert await fits == ["i j"]


async def test_request_over_the_whole_limit_is_served_when_nothing_waits() -> None:
    async with bench(limits=BatchLimits(max_queued_tokens=3)) as one:
        assert await one.words("a b c d e f g h") == ["a b c d e f g h"]


async def test_one_liner_waits_for_one_batch_and_not_for_the_bulk_before_it() -> None:
    async with bench(limits=BatchLimits(max_items=4)) as one:
        bulk = asyncio.create_task(one.words(*(f"bulk {n}" for n in range(2000))))
        await asyncio.sleep(0.01)
        assert await one.words("me first") == ["me first"]
        assert not bulk.done()
        assert await bulk == [f"bulk {n}" for n in range(2000)]
