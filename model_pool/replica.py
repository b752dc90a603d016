"""One loaded copy, what it is made from, and how it is built; touches checkpoint files and the device."""

from __future__ import annotations

from dataclasses import dataclass

from model_pool.batching.batcher import Batcher
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.devices import memory_in_use, return_free_memory
from model_pool.engines.base import Engine, EngineLoader, growth
from model_pool.tokenization import load_tokenizer
from model_pool.tokenization.base import Tokenizer
from model_pool.types import ReplicaKey


@dataclass(frozen=True, slots=True)
class ReplicaSpec:
    """Everything that a load needs. Specs with the same `key` describe the same replica.

    peak_bytes: what the load may take at its worst moment.
    """

    key: ReplicaKey
    checkpoint: Checkpoint
    peak_bytes: int


def make_spec(
    loader: EngineLoader, checkpoint: Checkpoint, *, device: str = "cpu", compute_type: str = "auto"
) -> ReplicaSpec:
    """Return what to acquire. Raises ComputeTypeUnsupported."""
    resolved = loader.resolve_compute_type(compute_type, checkpoint.manifest.quantization, device)
    key = ReplicaKey(checkpoint.digest, loader.name, device, resolved)
    return ReplicaSpec(key, checkpoint, peak_bytes=loader.peak_bytes(checkpoint, compute_type=resolved))


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load brings back from its thread. `footprint` in bytes."""

    engine: Engine
    tokenizer: Tokenizer
    footprint: int


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
    return_free_memory()
    before = memory_in_use(spec.key.device)
    engine = loader.load(spec.checkpoint, device=spec.key.device, compute_type=spec.key.compute_type)
    tokenizer = load_tokenizer(spec.checkpoint.path, spec.checkpoint.manifest)
    return_free_memory()
    grown = memory_in_use(spec.key.device) - before
    weights = spec.checkpoint.weights_bytes * growth(spec.checkpoint.manifest.quantization, spec.key.compute_type)
    return Loaded(engine, tokenizer, footprint=max(grown, int(weights)))


def free_replica(engine: Engine, device: str) -> tuple[int, int]:
    """Close an engine that nobody calls any more; return the device's bytes in use before and after."""
    before = memory_in_use(device)
    engine.close()
    return_free_memory()
    return before, memory_in_use(device)
