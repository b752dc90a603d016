"""A deterministic engine for tests and for a server without weights; touches nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.threads import ThreadPlan
from model_pool.errors import EngineError
from model_pool.types import DecodeOptions, EncodedSegment, Hypothesis

Hook = Callable[[Sequence[EncodedSegment]], None]
"""Called with each batch before it is answered; may raise or block."""


@dataclass(slots=True)
class FakeEngine:
    """Answers every segment with its own tokens, end token left out."""

    compute_type: str = "fake"
    parallelism: int = 1
    threads: ThreadPlan | None = None
    hook: Hook | None = None
    batches: list[tuple[EncodedSegment, ...]] = field(default_factory=list)
    closed: bool = False
    demoted: bool = False
    demotions: int = 0
    fail_demotion: bool = False
    fail_promotion: bool = False

    def translate(self, segments: Sequence[EncodedSegment], options: DecodeOptions) -> list[tuple[Hypothesis, ...]]:
        """See `Engine.translate`."""
        if self.closed:
            raise RuntimeError("translate() after close()")
        if self.demoted:
            raise RuntimeError("translate() while demoted")
        self.batches.append(tuple(segments))
        if self.hook is not None:
            self.hook(segments)
        return [(self._echo(segment),) * options.num_hypotheses for segment in segments]

    def close(self) -> None:
        """See `Engine.close`."""
        self.closed = True

    def demote(self) -> None:
        """See `DemotableEngine.demote`."""
        if self.fail_demotion:
            raise EngineError("no demotion today")
        self.demoted = True
        self.demotions += 1

    def promote(self) -> None:
        """See `DemotableEngine.promote`."""
        if self.fail_promotion:
            raise EngineError("no promotion today")
        self.demoted = False

    @staticmethod
    def _echo(segment: EncodedSegment) -> Hypothesis:
        tokens = tuple(token for token in segment.tokens if token != "</s>")  # noqa: S105
        return Hypothesis(tokens=tokens, score=-0.1)


class FakeLoader:
    """Makes `FakeEngine`s and keeps them in `loaded`, oldest first."""

    name = "fake"

    def __init__(self, *, hook: Hook | None = None, on_load: Callable[[Checkpoint], None] | None = None) -> None:
        self._hook = hook
        self._on_load = on_load
        self.loaded: list[FakeEngine] = []

    def resolve_compute_type(self, requested: str, stored: str, device: str) -> str:  # noqa: ARG002 - protocol
        """See `EngineLoader`: everything is computed the same way."""
        return stored if requested == "auto" else requested

    def load(
        self,
        checkpoint: Checkpoint,
        *,
        device: str,  # noqa: ARG002 - protocol
        compute_type: str,
        threads: ThreadPlan,
    ) -> FakeEngine:
        """See `EngineLoader`. `on_load` may raise or block."""
        if self._on_load is not None:
            self._on_load(checkpoint)
        engine = FakeEngine(compute_type=compute_type, threads=threads, hook=self._hook)
        self.loaded.append(engine)
        return engine

    def peak_bytes(self, checkpoint: Checkpoint, *, compute_type: str) -> int:  # noqa: ARG002 - protocol
        """See `EngineLoader`."""
        return checkpoint.size_bytes
