"""A batch of pairs as tensors; touches nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from model_pool.workshop.data.batches import Batch


@dataclass(frozen=True, slots=True)
class Padded:
    """source, target: ids, (batch, longest); masks: true where there is an id and no padding."""

    source: Tensor
    source_mask: Tensor
    target: Tensor
    target_mask: Tensor

    @property
    def tokens(self) -> int:
        """Tokens on the target side, padding not counted."""
        return int(self.target_mask.sum())


def pad_batch(batch: Batch, pad: int, device: torch.device | str = "cpu") -> Padded:
    """Return the pairs side by side."""
    source, source_mask = pad_ids([one.source for one in batch], pad, device)
    target, target_mask = pad_ids([one.target for one in batch], pad, device)
    return Padded(source, source_mask, target, target_mask)


def pad_ids(rows: Sequence[Sequence[int]], pad: int, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Return ids, (rows, longest), and what of them is no padding."""
    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows])
    mask = torch.arange(longest)[None] < torch.tensor([len(row) for row in rows])[:, None]
    return ids.to(device), mask.to(device)
