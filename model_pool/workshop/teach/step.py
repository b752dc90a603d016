"""The step `teach`: a teacher's translations of a corpus, to train a student on; touches disk."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from model_pool.workshop.artifact import Kind
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Input, Job, Step, StepOptions


class TeachOptions(StepOptions):
    """How the teacher translates, and which of its translations are no example to follow."""

    columns: tuple[str, ...] = Field(
        default=("source", "target"),
        description="What stands in each column of the corpus; its targets are not read.",
    )
    beam_size: int = Field(default=1, ge=1, description="Translations that are followed at once; 1 is fastest.")
    length_penalty: float = Field(default=1.0, description="With a beam: above 0 favours longer translations.")
    batch_tokens: int = Field(default=2_000, ge=1, description="Source tokens of a batch, padding counted.")
    longest: int = Field(default=200, ge=2, description="Most tokens of a source; a longer one is left out.")
    ratio: float = Field(
        default=2.5, gt=1, description="Leave out a translation that is longer or shorter by more than this factor."
    )
    repeats: int = Field(
        default=3,
        ge=1,
        description="Leave out a translation that repeats up to four pieces more often than this in a row, and more "
        "often than its source does.",
    )
    least_likely: float = Field(
        default=0.0,
        le=0,
        description="Leave out a translation whose pieces have a lower mean log-probability, such as -1.5; 0 keeps all "
        "and does not compute it.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="Where the teacher computes.")


def _run(job: Job[TeachOptions]) -> Figures:
    from model_pool.workshop.teach.making import make_taught

    return make_taught(job)


STEP = Step(
    name="teach",
    version=1,
    summary="Translate a corpus with a teacher, for a student to be trained on. Each of its splits is translated.",
    example="babelpool workshop teach --teacher teachers/enpt --corpus build/corpus-1f0c --beam-size 4",
    inputs={
        "teacher": Input((Kind.MARIAN, Kind.TRAINABLE), "a Bergamot directory or a trainable checkpoint"),
        "corpus": Input((Kind.CORPUS,), "sentences to translate"),
    },
    options=TeachOptions,
    output=Kind.CORPUS,
    run=_run,
    libraries=("torch", "transformers", "sentencepiece"),
)
