"""Which pieces of the vocabulary distributions are compared over: most of the work is in the rest; touches nothing."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from model_pool.workshop.data.batches import Batch


class Pieces:
    """The frequent pieces, those of the batch, and some at random. counts: of each piece in the corpus."""

    def __init__(self, counts: Tensor, *, frequent: int, random: int, generator: torch.Generator) -> None:
        self.whole = not frequent or frequent >= len(counts)
        self._size, self._random, self._generator = len(counts), random, generator
        self._frequent = counts.topk(min(frequent, len(counts))).indices

    def chosen(self, targets: Tensor) -> tuple[Tensor | None, Tensor]:
        """Return the pieces, None for all of them, and where among them the targets are."""
        if self.whole:
            return None, targets
        drawn = torch.randint(self._size, (self._random,), generator=self._generator)
        pieces = torch.unique(torch.cat([self._frequent, drawn, targets.cpu()])).to(targets.device)
        return pieces, torch.searchsorted(pieces, targets)

    def places(self, where: Tensor, share: float) -> Tensor:
        """Return a share of the places of a mask, at least one of them."""
        if share >= 1:
            return where
        drawn = torch.rand(where.shape, generator=self._generator).to(where.device)
        some = where & (drawn < share)
        return some if bool(some.any()) else where


def count_pieces(batches: Iterable[Batch], size: int) -> Tensor:
    """Return how often each piece is in the targets."""
    counts = torch.zeros(size)
    for batch in batches:
        ids = torch.tensor([index for one in batch for index in one.target])
        counts += torch.bincount(ids, minlength=size)
    return counts
