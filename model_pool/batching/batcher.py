"""One replica's batcher: queue on the event loop, a few threads that call the engine; touches loop and executor.

No timer: a batch forms from what queued while the engine was busy, so an idle server adds no wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

from model_pool.batching.forming import BatchLimits, form_batch
from model_pool.batching.items import Hypotheses, Item, Submission, items_of
from model_pool.engines.base import Engine
from model_pool.errors import DeviceLost, EngineError, SegmentFailed, SegmentTooLong
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
    """Sums since the load, for snapshots."""

    batches: int = 0
    segments: int = 0
    failed: int = 0
    source_tokens: int = 0
    padded_tokens: int = 0
    target_tokens: int = 0
    busy_seconds: float = 0.0

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
        self._queue: deque[Item] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._closed: Exception | None = None
        self.counters = BatcherCounters()

    @property
    def queued(self) -> int:
        """Segments that wait, those of cancelled requests left out."""
        return sum(item.alive for item in self._queue)

    @property
    def running(self) -> int:
        """Batches in the engine."""
        return len(self._running)

    async def translate(self, segments: Sequence[EncodedSegment], options: DecodeOptions) -> list[Hypotheses]:
        """Return one tuple of hypotheses per segment, in order.

        Cancelling drops what is still queued. Raises SegmentFailed for the first segment that the engine cannot
        do even alone, SegmentTooLong, DeviceLost, or the error that the batcher was closed with.
        """
        if self._closed is not None:
            raise self._closed
        submission = Submission.of(len(segments))
        now = asyncio.get_running_loop().time()
        self._queue.extend(items_of(submission, segments, options, queued_at=now))
        self._pump()
        return await submission.done

    def shut(self, error: Exception) -> None:
        """Take nothing more and fail whatever is queued with `error`; batches in the engine go on."""
        self._closed = error
        while self._queue:
            self._queue.popleft().submission.fail(error)

    async def ended(self) -> None:
        """Wait, after `shut`, until no call into the engine is running."""
        if self._running:
            await asyncio.wait(self._running)
        self._executor.shutdown(wait=False)

    def _pump(self) -> None:
        while self._queue and (free := self._slots - len(self._running)) > 0:
            batch = form_batch(self._queue, self._limits, free_slots=free)
            if not batch:
                return
            task = asyncio.get_running_loop().create_task(self._run(batch, self._hold()))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            task.get_loop().call_exception_handler({"message": "a batch ended in a bug", "exception": error})
        self._pump()

    async def _run(self, batch: list[Item], release: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        waits = tuple(loop.time() - item.queued_at for item in batch)
        started = perf_counter()
        try:
            outcome = await loop.run_in_executor(self._executor, _compute, self._engine, batch)
            self._settle(batch, outcome)
            self._report(batch, outcome, perf_counter() - started, waits)
        except Exception as error:
            # Whatever goes wrong here must reach those who wait, or they would wait for ever.
            for item in batch:
                item.submission.fail(error)
            raise
        finally:
            release()

    def _settle(self, batch: list[Item], outcome: Outcome) -> None:
        for item, result in zip(batch, outcome, strict=True):
            if isinstance(result, Exception):
                item.submission.fail(result)
            else:
                item.submission.resolve(item.index, result)
        lost = next((result for result in outcome if isinstance(result, DeviceLost)), None)
        if lost is not None:
            self._on_device_lost(lost)

    def _report(self, batch: list[Item], outcome: Outcome, seconds: float, waits: tuple[float, ...]) -> None:
        done = BatchDone(
            segments=len(batch),
            failed=sum(isinstance(result, Exception) for result in outcome),
            source_tokens=sum(item.length for item in batch),
            padded_tokens=len(batch) * max(item.length for item in batch),
            target_tokens=sum(len(result[0].tokens) for result in outcome if not isinstance(result, Exception)),
            seconds=seconds,
            queue_seconds=waits,
        )
        self.counters.add(done)
        self._on_done(done)


def _compute(engine: Engine, batch: list[Item]) -> Outcome:
    """Translate a batch; where it raises, each item alone, so that a poison item fails only itself."""
    try:
        return list(_translate(engine, batch))
    except DeviceLost as error:
        return [error] * len(batch)
    except Exception as error:  # noqa: BLE001 - an engine may raise anything, and a worker must outlive it
        if len(batch) == 1:
            return [_item_error(error)]
    return [_compute(engine, [item])[0] for item in batch]


def _translate(engine: Engine, batch: list[Item]) -> list[Hypotheses]:
    results = engine.translate([item.segment for item in batch], batch[0].options)
    if len(results) != len(batch) or not all(results):
        raise EngineError(f"the engine answered {len(results)} of {len(batch)} segments")
    return results


def _item_error(error: Exception) -> EngineError | SegmentTooLong:
    if isinstance(error, SegmentTooLong):
        return error
    failure = SegmentFailed(f"A segment cannot be translated by this checkpoint: {error}")
    failure.__cause__ = error
    return failure
