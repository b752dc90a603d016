"""What waits in a batcher: a submission of one caller, the work it asks for, and its places in the queue."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from model_pool.types import DecodeOptions, EncodedSegment, Hypothesis

Hypotheses = tuple[Hypothesis, ...]


@dataclass(slots=True, eq=False)
class Submission:
    """Segments of one caller; `done` resolves with all results in order, or with the first failure.

    client: whom the caller works for; clients share the engine fairly, and so do the submissions of one client.
    """

    done: asyncio.Future[list[Hypotheses]]
    results: list[Hypotheses | None]
    missing: int
    client: str = ""

    @classmethod
    def of(cls, size: int, client: str = "") -> Submission:
        """Return an empty submission of `size` segments. Needs a running loop; `size` 0 is done at once."""
        done: asyncio.Future[list[Hypotheses]] = asyncio.get_running_loop().create_future()
        if not size:
            done.set_result([])
        return cls(done=done, results=[None] * size, missing=size, client=client)

    @property
    def size(self) -> int:
        """Segments, done or not."""
        return len(self.results)

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


@dataclass(slots=True, eq=False)
class Work:
    """One segment to be computed once, for all who asked for the same.

    length: source tokens. owners: submissions with the place of this segment in each.
    started: it is in the engine, so its remaining places in the queue are void.
    """

    segment: EncodedSegment
    options: DecodeOptions
    length: int
    owners: list[tuple[Submission, int]] = field(default_factory=list)
    started: bool = False

    @property
    def wanted(self) -> bool:
        """Whether anybody still waits for the answer."""
        return any(submission.alive for submission, _ in self.owners)

    def resolve(self, hypotheses: Hypotheses) -> None:
        """Give the result to every owner."""
        for submission, index in self.owners:
            submission.resolve(index, hypotheses)

    def fail(self, error: Exception) -> None:
        """Fail every owner."""
        for submission, _ in self.owners:
            submission.fail(error)


@dataclass(slots=True, eq=False)
class Item:
    """One place in the queue: work, and the submission in whose turn it comes. `queued_at` is in loop time.

    Work that a small submission shares with a large one has a place in each, so it is done in the turn of the small
    one; the other place is then void.
    """

    work: Work
    submission: Submission
    queued_at: float

    @property
    def alive(self) -> bool:
        """Whether this place still leads to work: it has not been started, and its submission waits."""
        return not self.work.started and self.submission.alive

    @property
    def length(self) -> int:
        """Source tokens."""
        return self.work.length


class InFlight:
    """All work of a batcher that has not ended, so that the same segment is never computed twice at a time."""

    def __init__(self) -> None:
        self._works: dict[tuple[EncodedSegment, DecodeOptions], Work] = {}
        self.joined = 0

    def enter(
        self, submission: Submission, segments: Sequence[EncodedSegment], options: DecodeOptions, *, now: float
    ) -> list[Item]:
        """Return the places to queue: none for what is in the engine already, one for what is there twice."""
        items: list[Item] = []
        for index, segment in enumerate(segments):
            work = self._works.get((segment, options))
            if work is None:
                work = self._works[segment, options] = Work(segment, options, len(segment.tokens))
            else:
                self.joined += 1
            if not work.started and not any(owner is submission for owner, _ in work.owners):
                items.append(Item(work, submission, now))
            work.owners.append((submission, index))
        return items

    def leave(self, work: Work) -> None:
        """Forget work that has ended or that nobody wants; idempotent."""
        if self._works.get((work.segment, work.options)) is work:
            del self._works[work.segment, work.options]

    def __len__(self) -> int:
        return len(self._works)
