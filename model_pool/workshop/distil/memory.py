"""The teacher's states of a batch, from memory where it has them: they do not change; touches nothing.

States are kept pair by pair without padding, so batches may be cut anew in each epoch, and in bfloat16: how far that is
from float32 is far less than what a student has to learn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from model_pool.workshop.data.batches import Batch, Example

Rows = Mapping[str, Tensor]
"""States of one pair by name: (target, width), or (source, width), or (target, source)."""

_KEPT = torch.bfloat16


@dataclass(frozen=True, slots=True)
class Computed:
    """States of a batch by name, (batch, longest, ...). by_source: of the source's tokens; the others are of the
    target's. square: (batch, target, source)."""

    states: Mapping[str, Tensor]
    by_source: frozenset[str] = field(default_factory=frozenset)
    square: frozenset[str] = field(default_factory=frozenset)


Compute = Callable[[Batch], Computed]


class Memory:
    """Keeps states up to so many bytes; what has no room is computed each time."""

    def __init__(self, compute: Compute, capacity: int) -> None:
        self._compute, self._capacity = compute, capacity
        self._kept: dict[tuple[tuple[int, ...], tuple[int, ...]], Rows] = {}
        self.bytes = self.found = self.asked = 0

    def states(self, batch: Batch) -> dict[str, Tensor]:
        """Return states by name, padded with zeros."""
        keys = [(tuple(one.source), tuple(one.target)) for one in batch]
        known = {key: self._kept[key] for key in keys if key in self._kept}
        missing = {key: one for key, one in zip(keys, batch, strict=True) if key not in known}
        self.asked, self.found = self.asked + len(keys), self.found + len(keys) - len(missing)
        if missing:
            pairs = list(missing.values())
            for key, rows in zip(missing, _unpadded(self._compute(pairs), pairs), strict=True):
                known[key] = rows
                self._keep(key, rows)
        rows_of = [known[key] for key in keys]
        return {name: _padded([rows[name] for rows in rows_of]) for name in rows_of[0]}

    def _keep(self, key: tuple[tuple[int, ...], tuple[int, ...]], rows: Rows) -> None:
        size = sum(row.numel() * row.element_size() for row in rows.values())
        if self.bytes + size <= self._capacity:
            self._kept[key] = {name: row.clone() for name, row in rows.items()}
            self.bytes += size


def _unpadded(computed: Computed, pairs: Sequence[Example]) -> list[Rows]:
    kept = {name: states.to(_KEPT) for name, states in computed.states.items()}
    return [
        {name: _row(name, states[at], one, computed) for name, states in kept.items()} for at, one in enumerate(pairs)
    ]


def _row(name: str, states: Tensor, one: Example, computed: Computed) -> Tensor:
    if name in computed.square:
        return states[: len(one.target), : len(one.source)]
    return states[: len(one.source if name in computed.by_source else one.target)]


def _padded(rows: Sequence[Tensor]) -> Tensor:
    """Return rows as one tensor: all of a width, or squares of different widths."""
    widest = max(row.shape[1] for row in rows)
    if any(row.shape[1] < widest for row in rows):
        rows = [torch.nn.functional.pad(row, (0, widest - row.shape[1])) for row in rows]
    return pad_sequence(list(rows), batch_first=True)
