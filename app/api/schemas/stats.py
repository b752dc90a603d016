"""Wire model of `/stats`."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field


class SharedModel(BaseModel):
    """A checkpoint that several tiers use."""

    users: list[str] = Field(description="Tiers that share this checkpoint.", examples=[["basic", "medium"]])
    loaded_at: datetime | None = Field(description="When its replica became ready; null while it is not loaded.")


class PlanStats(BaseModel):
    """Threads and batch size of a replica; each half comes from the configuration, a tuning or the rule."""

    inter_threads: int = Field(description="Batches computed at the same time.")
    intra_threads: int = Field(description="Threads inside one batch.")
    threads_from: str = Field(description="configured, tuned or rule.")
    max_items: int = Field(description="Segments in one batch.")
    max_tokens: int = Field(description="Padded source tokens in one batch.")
    batch_from: str = Field(description="configured, tuned or rule.")


class ReplicaStats(BaseModel):
    """One loaded copy, or the place for one."""

    digest: str = Field(description="Content identity of the checkpoint (SHA-256).")
    references: list[str] = Field(description="Names that the tiers know it by.")
    tiers: list[str]
    engine: str
    device: str
    compute_type: str
    state: str = Field(default="cold", description="cold, reserved, loading, ready, draining, unloading or failed.")
    failure: str | None = Field(default=None, description="Why the last load failed or the device was lost.")
    leases: int = 0
    waiters: int = Field(default=0, description="Callers that wait for the load.")
    loads: int = 0
    load_failures: int = 0
    load_seconds: float = Field(default=0.0, description="How long the last load took.")
    loaded_at: datetime | None = None
    pinned: bool = Field(default=False, description="Never evicted for another checkpoint.")
    footprint_bytes: int = Field(default=0, description="Measured growth of memory in use by the load.")
    plan: PlanStats | None = Field(default=None, description="What it runs with; null while it is not loaded.")
    demoted_bytes: int = Field(
        default=0, description="Host memory of the copy that waits for its return to the device."
    )
    queued_segments: int = 0
    running_batches: int = 0
    batches: int = 0
    segments: int = 0
    failed_segments: int = 0
    source_tokens: int = 0
    padded_tokens: int = Field(default=0, description="Source tokens with padding: what the encoder computed.")
    target_tokens: int = 0
    joined_segments: int = Field(default=0, description="Asked for while the same was being computed for another.")
    busy_seconds: float = Field(default=0.0, description="Time of all batches in the engine, overlaps counted twice.")


class CacheStats(BaseModel):
    """Translations that were made before."""

    entries: int
    bytes: int
    hits: int
    misses: int


class DocumentStats(BaseModel):
    """Documents that are kept, by state; of all servers that share the data directory."""

    queued: int
    translating: int
    done: int
    error: int


class StatsResponse(BaseModel):
    """What sharing saves, and what the server has done. All values are measured."""

    shared_models_count: int = Field(description="Unique checkpoints used by more than one tier.")
    total_model_types: int = Field(description="Configured tiers.")
    unique_models_loaded: int = Field(description="Replicas in memory.")
    models_saved: int = Field(description="Checkpoint references over all tiers minus unique replicas.")
    estimated_memory_saved_mb: float = Field(
        description="MiB that unshared copies would have taken, from the measured footprint of each replica."
    )
    shared_models_info: dict[str, SharedModel] = Field(description="By checkpoint reference.")
    translations_count: int = Field(description="Texts translated since the start.")
    avg_processing_time: float = Field(description="Mean seconds per text, waiting included.")
    optimization_ratio: float = Field(description="models_saved / checkpoint references, from 0 to 1.")
    memory_used_bytes: int
    memory_saved_bytes: int
    demoted_copies: int = Field(description="Replicas whose weights wait in host memory (pool.demote).")
    demoted_bytes: int = Field(description="Host memory that those take.")
    cache: CacheStats | None = Field(description="Null where it is off.")
    documents: DocumentStats
    replicas: list[ReplicaStats]
