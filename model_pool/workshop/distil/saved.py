"""What a killed run goes on from; touches disk."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model_pool.catalog.files import write_durably
from model_pool.workshop.data.batches import Position

_NAME = "state.pt"

Weights = dict[str, Tensor]


@dataclass(slots=True)
class Saved:
    """The whole state of a run, but for what follows from its inputs.

    student, average, best: the weights that are trained. score: of the best. positions, left_out: of the corpus and of
    the gold pairs. history: what was measured, in order.
    """

    step: int = 0
    seconds: float = 0.0
    sentences: int = 0
    tokens: int = 0
    student: Weights = field(default_factory=dict)
    average: Weights = field(default_factory=dict)
    best: Weights = field(default_factory=dict)
    score: float | None = None
    optimizer: dict[str, Any] = field(default_factory=dict)
    positions: list[Position] = field(default_factory=list)
    left_out: list[dict[str, int]] = field(default_factory=list)
    history: list[dict[str, float]] = field(default_factory=list)
    random: Tensor | None = None
    drawn: Tensor | None = None


def read_saved(scratch: Path) -> Saved | None:
    """Return the state that an earlier run left, if any."""
    path = scratch / _NAME
    if not path.is_file():
        return None
    content = torch.load(path, map_location="cpu", weights_only=True)
    content["positions"] = [Position(*one) for one in content["positions"]]
    return Saved(**content)


def write_saved(scratch: Path, saved: Saved) -> None:
    """Write the state; a run that is killed meanwhile finds the one before."""
    content = {name: getattr(saved, name) for name in Saved.__slots__}
    content["positions"] = [tuple(asdict(one).values()) for one in saved.positions]
    buffer = BytesIO()
    torch.save(content, buffer)
    write_durably(scratch / _NAME, buffer.getvalue())
