"""Feeds a Trainer with batches by tokens, from the stage that is due; reads files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import IterableDataset

from model_pool.workshop.data.batches import Batch, Batches, Position
from model_pool.workshop.train.pace import Pace, stage_at

IGNORED = -100
"""The label of padding, which no loss counts."""

Tensors = dict[str, torch.Tensor]


class Feed(IterableDataset[Tensors]):
    """Endless batches of one process. shares: of the stages; empty for one stage.

    Every process reads all batches and gives out its own, so that each knows the position. `tokens` counts both sides
    of all processes, without padding.
    """

    def __init__(
        self,
        stages: Sequence[Batches],
        shares: tuple[float, ...],
        pace: Pace,
        *,
        pad: int,
        start: int,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self._stages, self._shares, self._pace = stages, shares or (1.0,), pace
        self._pad, self._start, self._rank, self._world = pad, start, rank, world
        self.tokens = 0

    def __iter__(self) -> Iterator[Tensors]:
        """Yield what a model reads."""
        reading = [iter(stage) for stage in self._stages]
        while True:
            stage = reading[stage_at(self._pace.fraction, self._shares)]
            for rank in range(self._world):
                batch = next(stage)
                self.tokens += sum(len(one.source) + len(one.target) for one in batch)
                if rank == self._rank:
                    own = batch
            yield collate(own, pad=self._pad, start=self._start)

    @property
    def positions(self) -> list[Position]:
        """Where each stage stands."""
        return [stage.position for stage in self._stages]

    def go_to(self, positions: Sequence[Position], tokens: int) -> None:
        """Go on from there."""
        for stage, position in zip(self._stages, positions, strict=True):
            stage.position = position
        self.tokens = tokens


def collate(batch: Batch, *, pad: int, start: int) -> Tensors:
    """Return a batch as a model reads it: the decoder reads the targets one place late, after the start."""
    labels = _padded([one.target for one in batch], IGNORED)
    read = labels.roll(1, dims=1)
    read[:, 0] = start
    sources = _padded([one.source for one in batch], -1)
    return {
        "input_ids": sources.masked_fill(sources == -1, pad),
        "attention_mask": (sources != -1).long(),
        "decoder_input_ids": read.masked_fill(read == IGNORED, pad),
        "labels": labels,
    }


def _padded(rows: Sequence[Sequence[int]], filler: int) -> torch.Tensor:
    widest = max(map(len, rows))
    return torch.tensor([[*row, *([filler] * (widest - len(row)))] for row in rows])
