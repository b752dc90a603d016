"""One loaded copy, what it is made from, and how it is built; touches checkpoint files and the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from model_pool.batching.batcher import Batcher
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.devices import canonical_device, free_video_memory, memory_in_use, open_device, return_free_memory
from model_pool.engines.base import DemotableEngine, Engine, EngineLoader, growth
from model_pool.errors import EngineError
from model_pool.tokenization import load_tokenizer
from model_pool.tokenization.base import Tokenizer
from model_pool.tuning.plan import Plan
from model_pool.tuning.planner import Planner
from model_pool.types import ReplicaKey


@dataclass(frozen=True, slots=True)
class ReplicaSpec:
    """Everything that a load needs. Specs with the same `key` describe the same replica.

    peak_bytes: what the load may take at its worst moment. plan: threads and batch size; no part of the key.
    """

    key: ReplicaKey
    checkpoint: Checkpoint
    peak_bytes: int
    plan: Plan


def make_spec(
    loader: EngineLoader,
    checkpoint: Checkpoint,
    *,
    device: str = "cpu",
    compute_type: str = "auto",
    planner: Planner | None = None,
) -> ReplicaSpec:
    """Return what to acquire; without a planner it runs by the rule. Raises ComputeTypeUnsupported."""
    device = canonical_device(device)
    resolved = loader.resolve_compute_type(compute_type, checkpoint.manifest.quantization, device)
    key = ReplicaKey(checkpoint.digest, loader.name, device, resolved)
    plan = (planner or Planner()).plan(checkpoint, key)
    return ReplicaSpec(key, checkpoint, peak_bytes=loader.peak_bytes(checkpoint, compute_type=resolved), plan=plan)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load brings back from its thread.

    footprint: bytes that it took on the device. free_video_memory: bytes that are left on the card; 0 on the host.
    """

    engine: Engine
    tokenizer: Tokenizer
    footprint: int
    free_video_memory: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Replica:
    """One loaded copy on a device."""

    spec: ReplicaSpec
    engine: Engine
    tokenizer: Tokenizer
    batcher: Batcher


def load_replica(spec: ReplicaSpec, loader: EngineLoader) -> Loaded:
    """Verify the files, load engine and tokenizer, measure what they took. Slow: run it off the event loop.

    The footprint is the growth of the device's memory in use, and at least the weights as they are computed: the
    growth reads low where the allocator had free pages left. Loads run one at a time, or each would count the
    other's growth.
    """
    spec.checkpoint.verify()
    before = _measured_before(spec)
    key, threads = spec.key, spec.plan.setting.threads
    engine = loader.load(spec.checkpoint, device=key.device, compute_type=key.compute_type, threads=threads)
    tokenizer = load_tokenizer(spec.checkpoint.path, spec.checkpoint.manifest)
    return _measured(spec, engine, tokenizer, before)


def promote_replica(copy: Replica, loader: EngineLoader) -> Loaded:
    """Bring a demoted replica back to its device; where that fails, free it and load from disk. Slow.

    The files were verified when the copy was loaded; its bytes have not left this process since.
    """
    before = _measured_before(copy.spec)
    try:
        _demotable(copy.engine).promote()
    except Exception:  # noqa: BLE001 - whatever was wrong with the copy, the files are still there
        copy.engine.close()
        return load_replica(copy.spec, loader)
    return _measured(copy.spec, copy.engine, copy.tokenizer, before)


def demote_replica(replica: Replica, replaced: Sequence[Replica]) -> tuple[bool, int, int]:
    """Free older copies, then move an engine that nobody calls any more to host memory; free it where that fails.

    Return whether it was demoted, and the device's bytes in use before and after. Slow.
    """
    for copy in replaced:
        copy.engine.close()
    return_free_memory()
    device = replica.spec.key.device
    before = memory_in_use(device)
    demoted = _demoted(replica.engine)
    if not demoted:
        replica.engine.close()
        return_free_memory()
    return demoted, before, memory_in_use(device)


def _demotable(engine: Engine) -> DemotableEngine:
    if not isinstance(engine, DemotableEngine):
        raise EngineError("This engine cannot move its weights.")
    return engine


def _demoted(engine: Engine) -> bool:
    try:
        _demotable(engine).demote()
    except Exception:  # noqa: BLE001 - a copy is a convenience: without it the next load comes from disk
        return False
    return True


def free_replica(engine: Engine, device: str) -> tuple[int, int]:
    """Close an engine that nobody calls any more; return the device's bytes in use before and after."""
    before = memory_in_use(device)
    engine.close()
    return_free_memory()
    return before, memory_in_use(device)


def _measured_before(spec: ReplicaSpec) -> int:
    return_free_memory()
    open_device(spec.key.device)
    return memory_in_use(spec.key.device)


def _measured(spec: ReplicaSpec, engine: Engine, tokenizer: Tokenizer, before: int) -> Loaded:
    return_free_memory()
    device = spec.key.device
    weights = spec.checkpoint.weights_bytes * growth(spec.checkpoint.manifest.quantization, spec.key.compute_type)
    footprint = max(memory_in_use(device) - before, int(weights))
    return Loaded(engine, tokenizer, footprint, free_video_memory(device))
