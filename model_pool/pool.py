"""The facade: shared, reference-counted replicas and batched translation on them; touches the event loop."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from model_pool.batching.batcher import BatcherCounters
from model_pool.batching.items import Hypotheses
from model_pool.cache import CacheKey, TranslationCache
from model_pool.engines.base import EngineLoader
from model_pool.observer import Observer
from model_pool.replica import Replica, ReplicaSpec
from model_pool.residency.entry import Entry, Lease, Policy
from model_pool.residency.states import State
from model_pool.runtime import PoolOptions, Runtime
from model_pool.tokenization.base import Tokenizer
from model_pool.tokenization.offsets import links
from model_pool.tuning.plan import Plan
from model_pool.turns import in_turns
from model_pool.types import DecodeOptions, EncodedSegment, Hypothesis, Link, ReplicaKey, Translation

ReplicaLease = Lease[Replica]

_AT_ONCE = 64
"""Segments encoded or decoded between two turns of the loop: about 2 ms, so a bulk request delays nobody."""


@dataclass(frozen=True, slots=True)
class ReplicaSnapshot:
    """One entry as telemetry sees it. Bytes and seconds; `loaded_at` is Unix time; no `plan` while not loaded.

    demoted: bytes of host memory that a copy of the weights takes, ready to go back to the device.
    """

    key: ReplicaKey
    state: State
    leases: int
    waiters: int
    loads: int
    load_failures: int
    load_seconds: float
    loaded_at: float | None
    footprint: int
    demoted: int
    pinned: bool
    failure: str | None
    queued: int
    running: int
    counters: BatcherCounters
    plan: Plan | None


class ModelPool:
    """Loads each unique checkpoint once and lets every caller share it.

    loaders: how to make engines, one loader a kind. cache_bytes: for translations made before; 0 is off.
    Create it inside the event loop that uses it, and end it with `close`.
    """

    def __init__(
        self,
        loaders: Sequence[EngineLoader],
        options: PoolOptions | None = None,
        observers: Sequence[Observer] = (),
        cache_bytes: int = 0,
    ) -> None:
        self._runtime = Runtime({loader.name: loader for loader in loaders}, options or PoolOptions(), observers)
        self._residency = self._runtime.residency
        self.cache = TranslationCache(cache_bytes) if cache_bytes else None

    async def acquire(self, spec: ReplicaSpec) -> ReplicaLease:
        """Return a lease on the replica, loading it if need be; pair with `release`, or use `lease`.

        Cancelling gives up the wait, never the load. Raises LoadFailed, PoolSaturated, PoolClosed.
        """
        self._runtime.know(spec)
        waiter: asyncio.Future[ReplicaLease] = asyncio.get_running_loop().create_future()
        self._residency.acquire(spec.key, waiter, peak_bytes=spec.peak_bytes)
        try:
            return await waiter
        except asyncio.CancelledError:
            # The grant may have come between the cancellation and now: then the lease is ours to give back.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._residency.release(waiter.result())
            else:
                self._residency.cancel(spec.key, waiter)
            raise

    def release(self, lease: ReplicaLease) -> None:
        """Give a lease back; idempotent."""
        self._residency.release(lease)

    def lease(self, spec: ReplicaSpec) -> Leasing:
        """Hold a lease for the length of a block."""
        return Leasing(self, spec)

    async def translate(
        self,
        lease: ReplicaLease,
        texts: Sequence[str],
        *,
        source: str,
        target: str,
        options: DecodeOptions,
        client: str = "",
        cached: bool = True,
    ) -> list[Translation]:
        """Translate segments in one language pair; one translation each, in order.

        client: whom to charge for the engine's time. cached: False computes anew what is in the cache.
        The batch that a segment travels in may hold segments of others. Raises LanguageUnsupported, QueueFull,
        SegmentTooLong, SegmentFailed, DeviceLost, LeaseRevoked.
        """
        replica = lease.resource
        compute = partial(_compute, replica, source=source, target=target, options=options, client=client)
        if self.cache is None or not cached:
            return await compute(texts)
        keys = [CacheKey(replica.spec.key, source, target, options, text) for text in texts]
        known = [self.cache.get(key) for key in keys]
        missing = [key for key, translation in zip(keys, known, strict=True) if translation is None]
        made = await compute([key.text for key in missing])
        for key, translation in zip(missing, made, strict=True):
            self.cache.put(key, translation)
        fresh = iter(made)
        return [translation if translation is not None else next(fresh) for translation in known]

    def configure(self, key: ReplicaKey, policy: Policy) -> None:
        """Set keep-alive and pin of a replica, loaded or not."""
        self._residency.configure(key, policy)

    def unload(self, key: ReplicaKey) -> None:
        """Drain and free a replica; those who ask meanwhile queue for the next load."""
        self._residency.unload(key)

    def snapshot(self) -> list[ReplicaSnapshot]:
        """Return every entry that was ever asked for, in that order."""
        wall_clock = time.time() - self._runtime.now()
        demoted: Counter[ReplicaKey] = Counter()
        for copy in self._residency.shelf.copies:
            demoted[copy.key] += copy.reserved
        return [_snapshot(entry, wall_clock, demoted[entry.key]) for entry in self._residency.entries]

    def memory_used(self, device: str) -> int:
        """Return the bytes on `device` that the ledger counts, demoted copies on the host included."""
        return self._residency.memory_used(device)

    async def close(self) -> None:
        """Reject newcomers, finish what is leased (within the drain deadline), free everything."""
        self._residency.close()
        await self._runtime.emptied()


class Leasing:
    """`acquire` and `release` around a block; cheaper than a generator, and on every request's way."""

    def __init__(self, pool: ModelPool, spec: ReplicaSpec) -> None:
        self._pool = pool
        self._spec = spec

    async def __aenter__(self) -> ReplicaLease:
        """See `ModelPool.acquire`."""
        self._lease = await self._pool.acquire(self._spec)
        return self._lease

    async def __aexit__(self, *_: object) -> None:
        """See `ModelPool.release`."""
        self._pool.release(self._lease)


async def _compute(
    replica: Replica, texts: Sequence[str], *, source: str, target: str, options: DecodeOptions, client: str
) -> list[Translation]:
    """Encode, batch and decode."""
    if not texts:
        return []
    tokenizer = replica.tokenizer
    segments = await in_turns(lambda text: tokenizer.encode(text, source, target), texts, at_once=_AT_ONCE)
    results = await replica.batcher.translate(segments, options, client=client)
    pairs = list(zip(segments, results, strict=True))
    made = await in_turns(lambda pair: _translation(tokenizer.decode, *pair), pairs, at_once=_AT_ONCE)
    if not options.return_attention:
        return made

    def linked(item: tuple[Translation, str, Hypotheses]) -> Translation:
        translation, text, hypotheses = item
        best, *others = (
            replace(one, links=_links(tokenizer, text, source, target, hypothesis))
            for one, hypothesis in zip((translation, *translation.others), hypotheses, strict=True)
        )
        return replace(best, others=tuple(others))

    return await in_turns(linked, list(zip(made, texts, results, strict=True)), at_once=_AT_ONCE)


def _translation(
    decode: Callable[[Sequence[str]], str], segment: EncodedSegment, hypotheses: Hypotheses
) -> Translation:
    best, *others = (
        Translation(decode(one.tokens), one.score, len(segment.tokens), len(one.tokens), truncated=one.truncated)
        for one in hypotheses
    )
    return replace(best, others=tuple(others)) if others else best


def _links(tokenizer: Tokenizer, text: str, source: str, target: str, made: Hypothesis) -> tuple[Link, ...]:
    if made.attention is None:  # an engine that has none
        return ()
    sources = tokenizer.source_offsets(text, source, target)
    return tuple(links(made.attention, sources, tokenizer.target_offsets(made.tokens)))


def _snapshot(entry: Entry[Replica], wall_clock: float, demoted: int) -> ReplicaSnapshot:
    batcher = entry.resource.batcher if entry.resource is not None else None
    return ReplicaSnapshot(
        key=entry.key,
        state=entry.state,
        leases=len(entry.leases),
        waiters=len(entry.waiters),
        loads=entry.loads,
        load_failures=entry.load_failures,
        load_seconds=entry.load_seconds,
        loaded_at=None if entry.loaded_at is None else wall_clock + entry.loaded_at,
        footprint=entry.footprint,
        demoted=demoted,
        pinned=entry.policy.pinned,
        failure=None if entry.failure is None else str(entry.failure.error),
        queued=batcher.queued if batcher else 0,
        running=batcher.running if batcher else 0,
        counters=replace(batcher.counters) if batcher else BatcherCounters(),
        plan=entry.resource.spec.plan if entry.resource is not None else None,
    )
