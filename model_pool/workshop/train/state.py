"""The state that a killed training goes on from: the Trainer's checkpoints, completed by what it does not know.

<scratch>/states/checkpoint-N/  weights, optimizer, schedule and random state, as the Trainer writes them
    average.safetensors         the moving average
    state.json                  this module's; written last, so what has it is whole
<scratch>/best-N/               the weights that are the result so far
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from model_pool.catalog.files import sync_tree, write_durably
from model_pool.workshop.data.batches import Position

STATE_NAME, AVERAGE_NAME, LOGS = "state.json", "average.safetensors", "logs"


class State(BaseModel):
    """seconds, tokens: spent so far. positions: of the data, a stage each. best: step and metric of the best weights.

    waited: evaluations since. stopped: why training is over; empty while it is not.
    """

    step: int = 0
    seconds: float = 0.0
    tokens: int = 0
    positions: list[Position] = Field(default_factory=list)
    best_step: int | None = None
    best_metric: float | None = None
    waited: int = 0
    stopped: str = ""
    history: list[dict[str, Any]] = Field(default_factory=list)


class States:
    """The states of one run."""

    def __init__(self, scratch: Path) -> None:
        self.directory = scratch / "states"
        self._scratch = scratch

    def checkpoint(self, step: int) -> Path:
        """Return where the Trainer writes the state of a step."""
        return self.directory / f"checkpoint-{step}"

    def best(self, step: int) -> Path:
        """Return where the weights of a step are, when they are the best."""
        return self._scratch / f"best-{step}"

    @property
    def last(self) -> Path:
        """Return where the weights of the last step are."""
        return self._scratch / "last"

    def latest(self) -> tuple[Path, State] | None:
        """Return the newest whole state, and throw away what a killed run half wrote."""
        found: list[tuple[Path, State]] = []
        for path in self.directory.glob("checkpoint-*"):
            if (path / STATE_NAME).is_file():
                found.append((path, State.model_validate_json((path / STATE_NAME).read_bytes())))
            else:
                shutil.rmtree(path)
        return max(found, key=lambda one: one[1].step, default=None)

    def complete(self, state: State) -> None:
        """Make the Trainer's checkpoint of this step a state, and drop weights that are the best no more."""
        path = self.checkpoint(state.step)
        sync_tree(path)
        write_durably(path / STATE_NAME, state.model_dump_json().encode())
        for other in self._scratch.glob("best-*"):
            if state.best_step is None or other != self.best(state.best_step):
                shutil.rmtree(other)
