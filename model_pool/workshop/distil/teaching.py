"""What a teacher shows of each batch; touches nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor, nn

from model_pool.workshop.data.batches import Batch
from model_pool.workshop.distil.memory import Computed, Memory
from model_pool.workshop.models.trainable import Trainable
from model_pool.workshop.teachers.padded import pad_batch
from model_pool.workshop.teachers.parts import Parts, States, Wanted

_ENCODED, _LAST, _ALIGNMENT = "encoded", "last", "alignment"


@dataclass(frozen=True, slots=True)
class Shown:
    """encoded: the encoder's states, where they serve the student as well. states: of the decoder, in float32."""

    encoded: Tensor | None
    states: States


@dataclass(frozen=True, slots=True)
class Computing:
    """Where and in what to compute."""

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    bfloat16: bool = False

    def autocast(self) -> torch.autocast:
        """Return the context to compute in."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16)


class Teaching:
    """A teacher and the memory of its states. encoded: whether the encoder's are wanted."""

    def __init__(
        self, teacher: Trainable, wanted: Wanted, computing: Computing, *, encoded: bool, capacity: int
    ) -> None:
        cast("nn.Module", teacher.model).to(computing.device)
        self.parts, self.encoder_serves = Parts(teacher.model), encoded
        self._pad, self._wanted, self._computing = teacher.words.pad, wanted, computing
        self.memory = Memory(self._compute, capacity)

    def show(self, batch: Batch) -> Shown:
        """Return what the teacher computes of a batch, given its targets."""
        found = {name: states.float() for name, states in self.memory.states(batch).items()}
        states = States(
            found[_LAST],
            {name: found[_output(name)] for name in self._wanted.outputs},
            {name: found[_input(name)] for name in self._wanted.inputs},
            found.get(_ALIGNMENT),
        )
        return Shown(found.get(_ENCODED), states)

    @torch.no_grad()
    def best(self, batch: Batch) -> Tensor:
        """Return the piece that the teacher holds to be the likeliest at each place, (batch, target)."""
        padded = pad_batch(batch, self._pad, self._computing.device)
        states = self.parts.decode(padded, self.parts.encode(padded))
        return self.parts.project(states.last).argmax(-1)

    @torch.no_grad()
    def _compute(self, batch: Batch) -> Computed:
        padded = pad_batch(batch, self._pad, self._computing.device)
        with self._computing.autocast():
            encoded = self.parts.encode(padded)
            states = self.parts.decode(padded, encoded, self._wanted)
        found = {_LAST: states.last}
        found |= {_output(name): output for name, output in states.outputs.items()}
        found |= {_input(name): given for name, given in states.inputs.items()}
        if states.alignment is not None:
            found[_ALIGNMENT] = states.alignment
        if self.encoder_serves:
            found[_ENCODED] = encoded
        return Computed(found, frozenset({_ENCODED}), frozenset({_ALIGNMENT}))


def _output(name: str) -> str:
    return f"output {name}"


def _input(name: str) -> str:
    return f"input {name}"
