"""Batches of a corpus: as many pairs as a budget of tokens allows, of similar length; endless, and the same each time.

Pairs are read in windows. A window is shuffled, sorted by length and cut into batches, whose order is drawn: sorting
saves padding, drawing keeps the lengths of successive batches apart. Everything drawn follows from the seed and the
position, so reading can go on in the middle of an epoch as if it had never stopped.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from model_pool.workshop.data.pairs import Pair
from model_pool.workshop.errors import DataInvalid

Encode = Callable[[Sequence[str]], list[list[int]]]
Open = Callable[[], Iterable[Pair]]


@dataclass(frozen=True, slots=True)
class Example:
    """A pair as ids, eos included."""

    source: list[int]
    target: list[int]

    @property
    def length(self) -> int:
        """The longer side, in tokens: what a place in a batch costs."""
        return max(len(self.source), len(self.target))


Batch = Sequence[Example]


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading stands: the next batch is the `batch`-th of this window of this epoch."""

    epoch: int = 0
    window: int = 0
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """How batches are cut. tokens: of a batch, padding counted, of the longer side. longest: a pair with more is left
    out. unknown: a pair with this id in its target is left out too, as it would teach to leave pieces of words out.
    window: pairs that are sorted together."""

    tokens: int
    longest: int
    unknown: int | None = None
    window: int = 20_000


@dataclass(frozen=True, slots=True)
class Encoders:
    """Text to ids, many at once."""

    source: Encode
    target: Encode


class Batches:
    """Endless batches. position: where the next one is. left_out: pairs of the epoch, "long" or "unwritable"."""

    def __init__(self, open_pairs: Open, encoders: Encoders, plan: Plan, *, seed: int | str) -> None:
        self._open, self._encoders, self._plan, self._seed = open_pairs, encoders, plan, seed
        self.position = Position()
        self.left_out: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Batch]:
        """Yield batches from the position on, epoch after epoch. Raises DataInvalid where no pair fits."""
        while True:
            usable = self.position != Position(self.position.epoch)
            for batch in self._epoch():
                usable = True
                yield batch
            if not usable:
                raise DataInvalid(
                    f"No pair has {self._plan.longest} tokens or fewer and a target that the vocabulary can write: "
                    "there is nothing to train on."
                )
            self.position = Position(self.position.epoch + 1)

    def _epoch(self) -> Iterator[Batch]:
        pairs = iter(self._open())
        skipped = self.position.window * self._plan.window
        next(islice(pairs, skipped, skipped), None)
        while window := list(islice(pairs, self._plan.window)):
            at = self.position
            for batch in self._cut(window, at)[at.batch :]:
                self.position = Position(at.epoch, at.window, self.position.batch + 1)
                yield batch
            self.position = Position(at.epoch, at.window + 1)

    def _cut(self, window: list[Pair], at: Position) -> list[Batch]:
        draw = random.Random(f"{self._seed}/{at.epoch}/{at.window}")  # noqa: S311 - no secret
        examples = encode_pairs(window, self._encoders)
        faults = [self._fault(one) for one in examples]
        fitting = [one for one, fault in zip(examples, faults, strict=True) if not fault]
        if at.epoch == 0 and at.batch == 0:
            self.left_out.update(fault for fault in faults if fault)
        draw.shuffle(fitting)
        batches = cut(fitting, self._plan.tokens)
        draw.shuffle(batches)
        return batches

    def _fault(self, one: Example) -> str:
        if one.length > self._plan.longest:
            return "long"
        return "unwritable" if self._plan.unknown in one.target else ""


def encode_pairs(pairs: Sequence[Pair], encoders: Encoders) -> list[Example]:
    """Return the ids of both sides of each pair."""
    sources = encoders.source([pair.source for pair in pairs])
    targets = encoders.target([pair.target for pair in pairs])
    return [Example(source, target) for source, target in zip(sources, targets, strict=True)]


def cut(examples: Iterable[Example], tokens: int) -> list[Batch]:
    """Sort by length and cut into batches of at most `tokens`, padding counted; a longer example is its own batch."""
    batches: list[Batch] = []
    current: list[Example] = []
    for one in sorted(examples, key=lambda example: (example.length, len(example.source))):
        if current and (len(current) + 1) * one.length > tokens:
            batches.append(current)
            current = []
        current.append(one)
    return [*batches, current] if current else batches
