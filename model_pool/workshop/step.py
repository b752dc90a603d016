"""What a step is: one small value that says what it reads, what it takes, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from model_pool.workshop.artifact import Artifact, Kind
from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.progress import Figures, Progress


class StepOptions(BaseModel):
    """Base of every step's options. Each field has a description: it is the command line's help."""

    model_config = ConfigDict(frozen=True, extra="forbid")


O = TypeVar("O", bound=StepOptions)  # noqa: E741 - the one type variable of all steps


@dataclass(frozen=True, slots=True)
class Input:
    """What a step reads under one name."""

    kinds: tuple[Kind, ...]
    help: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Job(Generic[O]):
    """One run of a step.

    inputs: those that were given, checked. output: an empty directory for the result. scratch: a directory that is
    still there, with what was left in it, after a run that was cut short: for resuming.
    """

    inputs: Mapping[str, Artifact]
    options: O
    seed: int
    output: Path
    scratch: Path
    progress: Progress


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run will take, before it runs. seconds: None where nobody can tell. notes: how it was worked out."""

    seconds: float | None = None
    memory_bytes: int | None = None
    disk_bytes: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step(Generic[O]):
    """A way to make one artifact out of others.

    version: raised whenever the same inputs and options would give another result. run: writes `job.output` and returns
    what it measured; heavy libraries are imported inside. libraries: distributions whose versions shape the result.
    estimate: for --dry-run. others: what it reads besides `inputs`, any number, under names of the user's own; None
    where nothing.
    """

    name: str
    version: int
    summary: str
    example: str
    inputs: Mapping[str, Input]
    options: type[O]
    output: Kind
    run: Callable[[Job[O]], Figures]
    libraries: tuple[str, ...] = ()
    estimate: Callable[[Job[O]], Estimate] | None = None
    others: Input | None = None

    def __post_init__(self) -> None:
        """Refuse a step whose command could not tell an input from an option."""
        if both := set(self.inputs) & set(self.options.model_fields):
            raise ValueError(f"{self.name}: {', '.join(sorted(both))} is an input and an option")

    def checked(self, inputs: Mapping[str, Artifact]) -> Mapping[str, Artifact]:
        """Return the inputs. Raises RecipeInvalid where one is missing, unknown or of a kind that is not read."""
        unknown = sorted(set(inputs) - set(self.inputs))
        if unknown and self.others is None:
            raise RecipeInvalid(f"{self.name} has no input {unknown[0]!r}; it reads: {', '.join(self.inputs)}.")
        others = {name: self.others for name in unknown if self.others is not None}
        for name, wanted in (*self.inputs.items(), *others.items()):
            given = inputs.get(name)
            if given is None and wanted.required:
                raise RecipeInvalid(f"{self.name} needs the input {name!r}: {wanted.help}")
            if given is not None and given.kind not in wanted.kinds:
                kinds = " or ".join(wanted.kinds)
                raise RecipeInvalid(f"{self.name}: the input {name!r} is a {given.kind}, and should be a {kinds}.")
        return inputs


AnyStep = Step[Any]
