"""What one training needs to know, as JSON can carry it to other processes."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from model_pool.workshop.step import Job
from model_pool.workshop.train.step import TrainOptions


class Setup(BaseModel):
    """Paths of the inputs, options and seed. scratch: where states are kept."""

    model_config = ConfigDict(frozen=True)

    corpora: tuple[Path, ...]
    valid: tuple[Path, ...]
    model: Path | None
    tokenizer: Path | None
    options: TrainOptions
    seed: int
    scratch: Path

    @classmethod
    def of(cls, job: Job[TrainOptions]) -> Self:
        """Return the setup of a job."""
        valid, model, tokenizer = (job.inputs.get(name) for name in ("valid", "model", "tokenizer"))
        return cls(
            corpora=job.inputs["corpus"].paths,
            valid=valid.paths if valid else (),
            model=model.path if model else None,
            tokenizer=tokenizer.path if tokenizer else None,
            options=job.options,
            seed=job.seed,
            scratch=job.scratch,
        )
