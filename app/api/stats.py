"""`GET /stats` and `GET /metrics`: the pool's sharing and work, for people and for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app.api.context import Serving
from app.api.schemas.stats import CacheStats, DocumentStats, PlanStats, ReplicaStats, SharedModel, StatsResponse
from app.auth import require
from app.jobs import JobState
from app.telemetry.counts import Counts
from app.telemetry.sharing import Shared, Sharing, sharing_of
from model_pool.cache import TranslationCache
from model_pool.tuning.plan import Plan

_MEBIBYTE = 2**20


async def require_monitoring(request: Request, serving: Serving) -> None:
    """Ask for a key where the configuration protects monitoring."""
    if serving.settings.auth.protect_monitoring:
        await require("monitor", "admin")(request)


router = APIRouter(tags=["monitoring"], dependencies=[Depends(require_monitoring)])


@router.get("/stats")
async def stats(serving: Serving) -> StatsResponse:
    """What sharing saves and what each replica has done; every value is measured."""
    documents = await serving.documents.count()
    return stats_of(sharing_of(serving.tiers, serving.pool.snapshot()), serving.counts, serving.pool.cache, documents)


@router.get("/metrics", response_class=Response, responses={200: {"content": {CONTENT_TYPE_LATEST: {}}}})
async def metrics(serving: Serving) -> Response:
    """Prometheus exposition."""
    await serving.documents.count()
    return Response(serving.metrics.render(), media_type=CONTENT_TYPE_LATEST)


def stats_of(
    sharing: Sharing, counts: Counts, cache: TranslationCache | None, documents: Mapping[JobState, int]
) -> StatsResponse:
    """Render the sharing and the counts."""
    shared = [replica for replica in sharing.replicas if len(replica.tiers) > 1]
    return StatsResponse(
        shared_models_count=len(shared),
        total_model_types=sharing.tiers,
        unique_models_loaded=sum(replica.resident for replica in sharing.replicas),
        models_saved=sharing.replicas_saved,
        estimated_memory_saved_mb=round(sharing.memory_saved / _MEBIBYTE, 2),
        shared_models_info={
            reference: SharedModel(users=list(replica.tiers), loaded_at=_loaded_at(replica))
            for replica in shared
            for reference in replica.references
        },
        translations_count=counts.translations,
        avg_processing_time=counts.mean_seconds,
        optimization_ratio=sharing.replicas_saved / sharing.references,
        memory_used_bytes=sharing.memory_used,
        memory_saved_bytes=sharing.memory_saved,
        demoted_copies=len(sharing.demoted),
        demoted_bytes=sum(sharing.demoted),
        cache=_cache(cache) if cache else None,
        documents=DocumentStats(**{state.value: count for state, count in documents.items()}),
        replicas=[_replica(replica) for replica in sharing.replicas],
    )


def _replica(replica: Shared) -> ReplicaStats:
    key, snapshot = replica.key, replica.snapshot
    base = ReplicaStats(
        digest=key.digest,
        references=list(replica.references),
        tiers=list(replica.tiers),
        engine=key.engine,
        device=key.device,
        compute_type=key.compute_type,
    )
    if snapshot is None:
        return base
    counters = snapshot.counters
    return base.model_copy(
        update={
            "state": snapshot.state.value,
            "failure": snapshot.failure,
            "leases": snapshot.leases,
            "waiters": snapshot.waiters,
            "loads": snapshot.loads,
            "load_failures": snapshot.load_failures,
            "load_seconds": snapshot.load_seconds,
            "loaded_at": _loaded_at(replica),
            "pinned": snapshot.pinned,
            "footprint_bytes": snapshot.footprint,
            "plan": _plan(snapshot.plan) if snapshot.plan else None,
            "demoted_bytes": snapshot.demoted,
            "queued_segments": snapshot.queued,
            "running_batches": snapshot.running,
            "batches": counters.batches,
            "segments": counters.segments,
            "failed_segments": counters.failed,
            "source_tokens": counters.source_tokens,
            "padded_tokens": counters.padded_tokens,
            "target_tokens": counters.target_tokens,
            "joined_segments": counters.joined,
            "busy_seconds": counters.busy_seconds,
        }
    )


def _plan(plan: Plan) -> PlanStats:
    one = plan.setting
    return PlanStats(
        inter_threads=one.inter,
        intra_threads=one.intra,
        threads_from=plan.threads_from.value,
        max_items=one.max_items,
        max_tokens=one.max_tokens,
        batch_from=plan.batch_from.value,
    )


def _cache(cache: TranslationCache) -> CacheStats:
    return CacheStats(entries=len(cache), bytes=cache.bytes, hits=cache.hits, misses=cache.misses)


def _loaded_at(replica: Shared) -> datetime | None:
    snapshot = replica.snapshot
    if snapshot is None or snapshot.loaded_at is None:
        return None
    return datetime.fromtimestamp(snapshot.loaded_at, UTC)
