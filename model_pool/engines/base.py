"""The `Engine` protocol: token lists in, hypotheses out; touches nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.threads import ThreadPlan
from model_pool.types import DecodeOptions, EncodedSegment, Hypothesis


class Engine(Protocol):
    """One loaded checkpoint on one device. `translate` may run in several threads at once.

    compute_type: what the runtime really computes in.
    parallelism: batches that it computes at the same time.
    """

    compute_type: str
    parallelism: int

    def translate(self, segments: Sequence[EncodedSegment], options: DecodeOptions) -> list[tuple[Hypothesis, ...]]:
        """Decode one batch; one non-empty tuple per segment, in order, best hypothesis first.

        Raises DeviceLost where nothing on the device can go on, SegmentTooLong where a segment does not
        fit the encoder, and EngineError for whatever else the runtime says.
        """
        ...

    def close(self) -> None:
        """Free the weights and the work buffers. No call of `translate` may be running; later ones are bugs."""
        ...


@runtime_checkable
class DemotableEngine(Engine, Protocol):
    """An engine whose weights can wait in host memory for their return to the device. Slow: off the event loop."""

    def demote(self) -> None:
        """Move the weights from the device to host memory. No call of `translate` may be running.

        Raises EngineError where the runtime did not do it; the engine is then fit for `close` only.
        """
        ...

    def promote(self) -> None:
        """Move the weights back to their device, so that `translate` works again.

        Raises EngineError where the runtime did not do it; the engine is then fit for `close` only.
        """
        ...


class EngineLoader(Protocol):
    """How the pool makes engines of one kind; `name` is part of every key."""

    name: str

    def resolve_compute_type(self, requested: str, stored: str, device: str) -> str:
        """Return the one name for what would be computed, so that equal replicas have equal keys.

        requested: a compute type, or "auto" for the stored one where the device can compute it.
        Raises ComputeTypeUnsupported.
        """
        ...

    def load(self, checkpoint: Checkpoint, *, device: str, compute_type: str, threads: ThreadPlan) -> Engine:
        """Load onto `device` ("cpu", "cuda", "cuda:1"); slow, run off the event loop."""
        ...

    def peak_bytes(self, checkpoint: Checkpoint, *, compute_type: str) -> int:
        """Return how many bytes a load may take at its worst moment. `compute_type` is a resolved one."""
        ...


_WIDTHS = {"float32": 4, "float16": 2, "bfloat16": 2, "int16": 2, "int8": 1}
"""Bytes of one weight. The second half of a name like int8_float16 is of what is not quantized, which is little."""


def growth(stored: str, computed: str) -> float:
    """Return by what factor weights that are stored in one type grow in memory when computed in another."""
    widths = [_WIDTHS.get(name.partition("_")[0]) for name in (stored, computed)]
    return widths[1] / widths[0] if widths[0] and widths[1] else 1.0


def output_limit(longest_source: int) -> int:
    """Return how many target tokens a batch may decode to, given the tokens of its longest source.

    Real translations stay under twice their source but for very short ones; a decoder that runs past this is in
    a repetition loop, and stopping it early bounds what one bad segment costs the batch.
    """
    return 32 + 3 * longest_source
