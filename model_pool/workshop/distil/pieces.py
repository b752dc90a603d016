"""Which pieces of the vocabulary distributions are compared over: most of the work is in the rest; touches nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from model_pool.workshop.data.batches import Batch


@dataclass(frozen=True, slots=True)
class Chosen:
    """Pieces to compare over; None is all of them. targets: where among them the targets are. counts: logarithm of how
    many pieces each stands for, to be added to its score; None where each stands for itself."""

    pieces: Tensor | None
    targets: Tensor
    counts: Tensor | None = None

    def scored(self, scores: Tensor) -> Tensor:
        """Return scores, (places, pieces), whose softmax is as if over all pieces."""
        return scores if self.counts is None else scores + self.counts


class Pieces:
    """The frequent pieces, those of the batch, and some at random. counts: of each piece in the corpus."""

    def __init__(self, counts: Tensor, *, frequent: int, random: int, generator: torch.Generator) -> None:
        self.whole = not frequent or frequent >= len(counts)
        self._size, self._random, self._generator = len(counts), random, generator
        self._frequent = counts.topk(min(frequent, len(counts))).indices

    def chosen(self, targets: Tensor) -> Chosen:
        """Return the pieces for these targets.

        Those drawn stand for all that were not: without them nothing would keep rare pieces down, and a student that
        learns from few sentences would come to write words that do not exist.
        """
        if self.whole:
            return Chosen(None, targets)
        fixed = torch.unique(torch.cat([self._frequent, targets.cpu()]))
        others = torch.ones(self._size, dtype=torch.bool)
        others[fixed] = False
        rest = others.nonzero()[:, 0]
        drawn = rest[torch.randperm(len(rest), generator=self._generator)[: self._random]]
        pieces, order = torch.cat([fixed, drawn]).sort()
        stands_for = torch.ones(len(pieces))
        stands_for[len(fixed) :] = len(rest) / max(1, len(drawn))
        counts = stands_for[order].log().to(targets.device) if len(drawn) else None
        pieces = pieces.to(targets.device)
        return Chosen(pieces, torch.searchsorted(pieces, targets), counts)

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
