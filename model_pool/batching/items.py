"""What waits in a batcher: a submission of one caller and its items, one per segment."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from model_pool.types import DecodeOptions, EncodedSegment, Hypothesis

Hypotheses = tuple[Hypothesis, ...]


@dataclass(slots=True, eq=False)
class Submission:
    """Segments of one caller; `done` resolves with all results in order, or with the first failure."""

    done: asyncio.Future[list[Hypotheses]]
    results: list[Hypotheses | None]
    missing: int

    @classmethod
    def of(cls, size: int) -> Submission:
        """Return an empty submission of `size` segments. Needs a running loop; `size` 0 is done at once."""
        done: asyncio.Future[list[Hypotheses]] = asyncio.get_running_loop().create_future()
        if not size:
            done.set_result([])
        return cls(done=done, results=[None] * size, missing=size)

    @property
    def alive(self) -> bool:
        """False once it is answered, has failed or was cancelled: what is still queued of it is dropped."""
        return not self.done.done()

    def resolve(self, index: int, hypotheses: Hypotheses) -> None:
        """Store one result and complete the submission with the last of them."""
        if self.results[index] is None:
            self.results[index] = hypotheses
            self.missing -= 1
        if self.alive and not self.missing:
            self.done.set_result([result for result in self.results if result is not None])

    def fail(self, error: Exception) -> None:
        """Fail the whole submission, unless it has ended already."""
        if self.alive:
            self.done.set_exception(error)


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One queued segment. `queued_at` is in loop time, `length` in source tokens."""

    submission: Submission
    index: int
    segment: EncodedSegment
    options: DecodeOptions
    queued_at: float
    length: int = field(default=0)

    @property
    def alive(self) -> bool:
        """Whether anybody still waits for the answer."""
        return self.submission.alive


def items_of(
    submission: Submission, segments: Sequence[EncodedSegment], options: DecodeOptions, *, queued_at: float
) -> list[Item]:
    """Return one item per segment, in order."""
    return [
        Item(submission, index, segment, options, queued_at, len(segment.tokens))
        for index, segment in enumerate(segments)
    ]
