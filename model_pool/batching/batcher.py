"""One replica's batcher: queue on the event loop, a few threads that call the engine; touches loop and executor.

No timer: a batch forms from what queued while the engine was busy, so an idle server adds no wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

from model_pool.batching.fairness import FairQueue
from model_pool.batching.forming import BatchLimits, form_batch
from model_pool.batching.items import Hypotheses, InFlight, Item, Submission, Work
from model_pool.engines.base import Engine
from model_pool.errors import DeviceLost, EngineError, OutOfMemory, QueueFull, SegmentFailed, SegmentTooLong
from model_pool.types import DecodeOptions, EncodedSegment

Outcome = list[Hypotheses | EngineError | SegmentTooLong]


@dataclass(frozen=True, slots=True)
class BatchDone:
    """One finished batch, for telemetry. Seconds; tokens without padding but for `padded_tokens`."""

    segments: int
    failed: int
    source_tokens: int
    padded_tokens: int
    target_tokens: int
    seconds: float
    queue_seconds: tuple[float, ...]


@dataclass(slots=True)
class BatcherCounters:
    """Sums since the load, for snapshots. `joined`: segments that were in flight already for somebody else."""

    batches: int = 0
    segments: int = 0
    failed: int = 0
    source_tokens: int = 0
    padded_tokens: int = 0
    target_tokens: int = 0
    busy_seconds: float = 0.0
    joined: int = 0

    def tokens_per_second(self, parallelism: int) -> float:
        """Return how many source tokens the engine reads in a second, by all batches so far; 1000 before the first."""
        if not self.busy_seconds:
            return 1000.0
        return max(1.0, parallelism * self.source_tokens / self.busy_seconds)

    def add(self, done: BatchDone) -> None:
        """Count one finished batch."""
        self.batches += 1
        self.segments += done.segments
        self.failed += done.failed
        self.source_tokens += done.source_tokens
        self.padded_tokens += done.padded_tokens
        self.target_tokens += done.target_tokens
        self.busy_seconds += done.seconds


class Batcher:
    """Joins segments of many submissions into batches. Lives on one event loop; not thread-safe.

    hold: called when a batch starts; what it returns is called when that batch has ended (the batch's own lease).
    on_done, on_device_lost: told on the loop.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        limits: BatchLimits,
        hold: Callable[[], Callable[[], None]],
        on_done: Callable[[BatchDone], None],
        on_device_lost: Callable[[DeviceLost], None],
    ) -> None:
        self._engine = engine
        self._limits = limits
        self._hold = hold
        self._on_done = on_done
        self._on_device_lost = on_device_lost
        # One caller more than the engine computes at once: its next batch is at hand when one ends.
        self._slots = engine.parallelism + 1
        self._executor = ThreadPoolExecutor(self._slots, thread_name_prefix="batch")
        self._in_flight = InFlight()
        self._queue = FairQueue(on_leave=self._left_the_queue)
        self._running: set[asyncio.Task[None]] = set()
        self._closed: Exception | None = None
        self.queued_tokens = 0
        self.counters = BatcherCounters()

    @property
    def queued(self) -> int:
        """Segments that wait, those of cancelled requests left out."""
        return sum(1 for _ in self._queue)

    @property
    def running(self) -> int:
        """Batches in the engine."""
        return len(self._running)

    async def translate(
        self, segments: Sequence[EncodedSegment], options: DecodeOptions, *, client: str = ""
    ) -> list[Hypotheses]:
        """Return one tuple of hypotheses per segment, in order.

        Cancelling drops what is still queued. A segment that is being computed for somebody else is not computed
        again. Raises QueueFull, SegmentFailed for the first segment that the engine cannot do even alone,
        SegmentTooLong, DeviceLost, or the error that the batcher was shut with.
        """
        if self._closed is not None:
            raise self._closed
        self._admit(sum(len(segment.tokens) for segment in segments))
        submission = Submission.of(len(segments), client)
        now = asyncio.get_running_loop().time()
        items = self._in_flight.enter(submission, segments, options, now=now)
        self.queued_tokens += sum(item.length for item in items)
        self._queue.push(items)
        self._pump()
        return await submission.done

    def shut(self, error: Exception) -> None:
        """Take nothing more and fail whatever is queued with `error`; batches in the engine go on."""
        self._closed = error
        for item in self._queue.clear():
            item.work.fail(error)
        self.queued_tokens = 0

    async def ended(self) -> None:
        """Wait, after `shut`, until no call into the engine is running."""
        if self._running:
            await asyncio.wait(self._running)
        self._executor.shutdown(wait=False)

    def _admit(self, tokens: int) -> None:
        limit = self._limits.max_queued_tokens
        if self.queued_tokens and self.queued_tokens + tokens > limit:
            wait = self.queued_tokens / self.counters.tokens_per_second(self._engine.parallelism)
            raise QueueFull(
                f"{self.queued_tokens} tokens are waiting already; {tokens} more are over the limit of {limit}. "
                "Try again in a moment, or raise batching.max_queued_tokens.",
                retry_after=wait,
            )

    def _pump(self) -> None:
        while self._queue and (free := self._slots - len(self._running)) > 0:
            batch = self._next_batch(free)
            if not batch:
                return
            for item in batch:
                item.work.started = True
            task = asyncio.get_running_loop().create_task(self._run(batch, self._hold()))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _next_batch(self, free_slots: int) -> list[Item]:
        """Form a batch of at most a fair share of what waits for each free slot, so that none of them idles."""

        def choose(window: list[Item]) -> list[Item]:
            return form_batch(window, self._limits, share=-(-len(window) // free_slots))

        return self._queue.next_batch(self._limits.window, choose)

    def _left_the_queue(self, item: Item) -> None:
        self.queued_tokens -= item.length
        if not item.work.started and not item.work.wanted:
            self._in_flight.leave(item.work)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            task.get_loop().call_exception_handler({"message": "a batch ended in a bug", "exception": error})
        self._pump()

    async def _run(self, batch: list[Item], release: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        works = [item.work for item in batch]
        waits = tuple(loop.time() - item.queued_at for item in batch)
        started = perf_counter()
        try:
            outcome = await loop.run_in_executor(self._executor, _compute, self._engine, works)
            self._settle(works, outcome)
            self._report(works, outcome, perf_counter() - started, waits)
        except BaseException as error:
            # Whatever goes wrong here must reach those who wait, or they would wait for ever.
            for work in works:
                work.fail(_item_error(error))
            raise
        finally:
            for work in works:
                self._in_flight.leave(work)
            release()

    def _settle(self, works: list[Work], outcome: Outcome) -> None:
        for work, result in zip(works, outcome, strict=True):
            if isinstance(result, Exception):
                work.fail(result)
            else:
                work.resolve(result)
        lost = next((result for result in outcome if isinstance(result, DeviceLost)), None)
        if lost is not None:
            self._on_device_lost(lost)

    def _report(self, works: list[Work], outcome: Outcome, seconds: float, waits: tuple[float, ...]) -> None:
        done = BatchDone(
            segments=len(works),
            failed=sum(isinstance(result, Exception) for result in outcome),
            source_tokens=sum(work.length for work in works),
            padded_tokens=len(works) * max(work.length for work in works),
            target_tokens=sum(len(result[0].tokens) for result in outcome if not isinstance(result, Exception)),
            seconds=seconds,
            queue_seconds=waits,
        )
        self.counters.add(done)
        self.counters.joined = self._in_flight.joined
        self._on_done(done)


def _compute(engine: Engine, works: list[Work]) -> Outcome:
    """Translate a batch; where it raises, each segment alone, so that a poison one fails only itself.

    A batch that the device has no room for is tried again in halves.
    """
    try:
        return list(_translate(engine, works))
    except DeviceLost as error:
        return [error] * len(works)
    except OutOfMemory as error:
        if len(works) == 1:
            return [error]
        half = len(works) // 2
        return _compute(engine, works[:half]) + _compute(engine, works[half:])
    except BaseException as error:  # noqa: BLE001 - an engine may raise anything (a panic too); a worker outlives it
        if len(works) == 1:
            return [_item_error(error)]
    return [_compute(engine, [work])[0] for work in works]


def _translate(engine: Engine, works: list[Work]) -> list[Hypotheses]:
    results = engine.translate([work.segment for work in works], works[0].options)
    if len(results) != len(works) or not all(results):
        raise EngineError(f"the engine answered {len(results)} of {len(works)} segments")
    return results


def _item_error(error: BaseException) -> EngineError | SegmentTooLong:
    if isinstance(error, SegmentTooLong | DeviceLost | OutOfMemory):
        return error
    failure = SegmentFailed(f"A segment cannot be translated by this checkpoint: {error}")
    failure.__cause__ = error
    return failure
