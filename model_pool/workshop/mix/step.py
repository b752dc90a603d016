"""The step `mix`: several corpora as one, each as often as is wanted; touches disk."""

from __future__ import annotations

from pydantic import Field

from model_pool.workshop.artifact import Kind
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Input, Job, Step, StepOptions


class MixOptions(StepOptions):
    """How often each corpus comes, and how much is held out."""

    times: tuple[float, ...] = Field(
        default=(),
        description="How often each corpus is repeated in train, in their order: 20 for a small gold one, 0.5 for a "
        "random half; each once by default.",
    )
    most_valid: int = Field(default=2000, ge=0, description="Most valid pairs of each corpus, drawn at random.")


def _run(job: Job[MixOptions]) -> Figures:
    from model_pool.workshop.mix.making import mix_corpora

    return mix_corpora(job)


STEP = Step(
    name="mix",
    version=1,
    summary="Join corpora: each as often as is wanted, nothing trained on that one of them holds out.",
    example="babelpool workshop mix --corpora build/corpus-a --corpora build/corpus-b --times 1 --times 20",
    inputs={
        "corpora": Input((Kind.CORPUS,), "what the step corpus made; files given by hand are all train"),
        "held_out": Input((Kind.CORPUS,), "more corpora whose valid and test sentences are left out", required=False),
    },
    options=MixOptions,
    output=Kind.CORPUS,
    run=_run,
)
