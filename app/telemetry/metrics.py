"""Prometheus metrics: requests and pool events as they happen, states and memory read at scrape time."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.jobs import DocumentJobs, Job
from app.telemetry.sharing import Sharing, sharing_of
from app.tiers import TierTable
from app.translate import Outcome
from model_pool.batching.batcher import BatchDone
from model_pool.cache import TranslationCache
from model_pool.observer import Observer
from model_pool.pool import ModelPool, ReplicaSnapshot
from model_pool.replica import ReplicaSpec
from model_pool.residency.states import State
from model_pool.types import ReplicaKey

_LATENCY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_QUEUE = (0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_BATCH = (1, 2, 4, 8, 16, 32, 64, 128)
_LOAD = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


class Metrics(Observer):
    """Every metric of one server, in a registry of its own.

    Labels are few by construction: route templates, methods, statuses, tiers and replicas that are configured.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        PlatformCollector(registry=self.registry)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = self._counter("http_requests", "HTTP requests answered", "method", "route", "status")
        self.latency = self._histogram("http_request_duration_seconds", "HTTP time to answer", _LATENCY, "route")
        self.translations = self._counter("translations", "Texts translated", "tier", "source", "target")
        self.characters = self._counter("translated_characters", "Code points of translated texts", "tier")
        self.faults = self._counter("segment_faults", "Faults left in translated segments", "kind")
        self.retried = self._counter("retried_segments", "Segments translated more than once", "tier")
        self.queue = self._histogram("queue_duration_seconds", "Wait of a segment for its batch", _QUEUE, "replica")
        self.batch_segments = self._histogram("batch_segments", "Segments in one batch", _BATCH, "replica")
        self.batch_seconds = self._histogram("batch_duration_seconds", "One batch in the engine", _LATENCY, "replica")
        self.tokens = self._counter("tokens", "Tokens read and written by the engine", "replica", "kind")
        self.failed_segments = self._counter("failed_segments", "Segments the engine failed on", "replica")
        self.documents = self._counter("documents_ended", "Documents done or failed", "format", "outcome")
        self.loads = self._counter("replica_loads", "Loads of replicas by outcome", "replica", "outcome")
        self.load_seconds = self._histogram("replica_load_duration_seconds", "Time to load", _LOAD, "replica")

    def watch(self, pool: ModelPool, tiers: Callable[[], TierTable]) -> None:
        """Add the gauges that are read at scrape time, from a pool and the tiers that are served then."""
        self.registry.register(_PoolCollector(pool, tiers))

    def watch_documents(self, documents: DocumentJobs) -> None:
        """Add the gauge of documents by state, as they were counted last."""
        self.registry.register(_DocumentCollector(documents))

    def document_ended(self, job: Job) -> None:
        """Count a document that is done or has failed."""
        self.documents(job.format, job.state).inc()

    def answered(self, method: str, route: str, status: int, *, seconds: float) -> None:
        """Count one HTTP request."""
        self.requests(method, route, str(status)).inc()
        self.latency(route).observe(seconds)

    def count(self, outcomes: Sequence[Outcome]) -> None:
        """Count what one request translated."""
        for outcome in outcomes:
            self.translations(outcome.tier, outcome.source, outcome.target).inc()
            self.characters(outcome.tier).inc(len(outcome.original))
            for kind, faults in outcome.answer.faults.items():
                self.faults(kind).inc(faults)
            if outcome.answer.retried:
                self.retried(outcome.tier).inc(outcome.answer.retried)

    def render(self) -> bytes:
        """Return the exposition text."""
        return generate_latest(self.registry)

    # ---- Observer ---------------------------------------------------------------------------------------

    def on_batch(self, key: ReplicaKey, done: BatchDone) -> None:
        """See `Observer`."""
        replica = str(key)
        self.batch_segments(replica).observe(done.segments)
        self.batch_seconds(replica).observe(done.seconds)
        self.tokens(replica, "source").inc(done.source_tokens)
        self.tokens(replica, "padding").inc(done.padded_tokens - done.source_tokens)
        self.tokens(replica, "target").inc(done.target_tokens)
        if done.failed:
            self.failed_segments(replica).inc(done.failed)
        queue = self.queue(replica)
        for seconds in done.queue_seconds:
            queue.observe(seconds)

    def on_load(self, spec: ReplicaSpec, *, seconds: float, footprint: int) -> None:  # noqa: ARG002
        """See `Observer`."""
        self.loads(str(spec.key), "ok").inc()
        self.load_seconds(str(spec.key)).observe(seconds)

    def on_load_failed(self, spec: ReplicaSpec, *, seconds: float, error: Exception) -> None:  # noqa: ARG002
        """See `Observer`."""
        self.loads(str(spec.key), "failed").inc()

    # ---- making -----------------------------------------------------------------------------------------

    # Looking a child up by its labels costs the library more than counting does, so each is remembered.

    def _counter(self, name: str, text: str, *labels: str) -> Callable[..., Counter]:
        return cache(Counter(f"babelpool_{name}", f"{text}.", labels, registry=self.registry).labels)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Callable[..., Histogram]:
        return cache(Histogram(f"babelpool_{name}", f"{text}.", labels, buckets=buckets, registry=self.registry).labels)


_PER_REPLICA: tuple[tuple[str, str, Callable[[ReplicaSnapshot], float]], ...] = (
    ("replica_leases", "Leases in use", lambda one: one.leases),
    ("replica_waiters", "Callers waiting for a load", lambda one: one.waiters),
    ("replica_queued_segments", "Segments waiting for a batch", lambda one: one.queued),
    ("replica_running_batches", "Batches in the engine", lambda one: one.running),
    ("replica_memory_bytes", "Measured footprint", lambda one: one.footprint),
    ("replica_demoted_bytes", "Host memory of the demoted copy", lambda one: one.demoted),
)


class _PoolCollector(Collector):
    """Gauges that mirror the pool: never stale, never leaking a label of a replica that has gone."""

    def __init__(self, pool: ModelPool, tiers: Callable[[], TierTable]) -> None:
        self._pool = pool
        self._tiers = tiers

    def collect(self) -> Iterator[Metric]:
        """Read the pool once and describe it."""
        snapshots = self._pool.snapshot()
        sharing = sharing_of(self._tiers(), snapshots)
        states = Tally(snapshot.state for snapshot in snapshots)
        yield _gauge("replicas", "Replicas by state", ("state",), {(s.value,): states[s] for s in State})
        for name, text, value in _PER_REPLICA:
            yield _gauge(name, text, ("replica",), {(str(one.key),): value(one) for one in snapshots})
        yield from _sharing_gauges(sharing)
        if self._pool.cache:
            yield from _cache_families(self._pool.cache)


class _DocumentCollector(Collector):
    """The queue of documents, of all processes that share it."""

    def __init__(self, documents: DocumentJobs) -> None:
        self._documents = documents

    def collect(self) -> Iterator[Metric]:
        """Describe the last count; `/metrics` counts before it renders."""
        counts = self._documents.counts
        yield _gauge("documents", "Documents by state", ("state",), {(state.value,): counts[state] for state in counts})


def _sharing_gauges(sharing: Sharing) -> Iterator[GaugeMetricFamily]:
    yield _gauge("tiers", "Configured tiers", (), {(): sharing.tiers})
    yield _gauge("checkpoint_references", "Checkpoint references over all tiers", (), {(): sharing.references})
    yield _gauge("replicas_saved", "Loads that sharing has made unnecessary", (), {(): sharing.replicas_saved})
    yield _gauge("memory_used_bytes", "Measured footprint of all replicas", (), {(): sharing.memory_used})
    yield _gauge("demoted_copies", "Replicas whose weights wait in host memory", (), {(): len(sharing.demoted)})
    yield _gauge("memory_saved_bytes", "What unshared copies would have added", (), {(): sharing.memory_saved})


def _cache_families(cache: TranslationCache) -> Iterator[Metric]:
    yield _gauge("cache_entries", "Translations in the cache", (), {(): len(cache)})
    yield _gauge("cache_bytes", "Bytes that they take", (), {(): cache.bytes})
    lookups = CounterMetricFamily("babelpool_cache_lookups", "Look-ups in the cache.", labels=("result",))
    lookups.add_metric(("hit",), cache.hits)
    lookups.add_metric(("miss",), cache.misses)
    yield lookups


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"babelpool_{name}", f"{text}.", labels=labels)
    for label_values, value in values.items():
        family.add_metric(label_values, value)
    return family
