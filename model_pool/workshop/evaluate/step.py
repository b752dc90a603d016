"""The step `evaluate`: any number of models side by side on any number of test sets, in one run on one machine."""

from __future__ import annotations

from pydantic import Field

from model_pool.workshop.artifact import Kind
from model_pool.workshop.data.pairs import PAIR
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Input, Job, Step, StepOptions

_MODELS = (Kind.SERVABLE, Kind.TRAINABLE, Kind.MARIAN)


class EvaluateOptions(StepOptions):
    """What to measure, and how."""

    base: str = Field(
        default="", description="The model that others are compared with; empty: the one named teacher, if there is."
    )
    source: str = Field(default="", description="Source language; empty: the first of each model.")
    target: str = Field(default="", description="Target language; empty: the first of each model.")
    split: str = Field(default="test", description="Which split of the test sets; files given by hand are read whole.")
    columns: tuple[str, ...] = Field(
        default=PAIR, description="What stands in each column of the test sets; without a target: no references."
    )
    limit: int = Field(default=0, ge=0, description="Sentences of each test set, drawn by the seed. 0: all.")
    beam: int = Field(default=1, ge=1, description="Beam size. 1: greedy.")
    batch: int = Field(default=32, ge=1, description="Sentences in a batch.")
    device: str = Field(default="cpu", description="Where models run: cpu, cuda, cuda:1.")
    compute_type: str = Field(default="auto", description="What servable models compute in. auto: as they are stored.")
    threads: int = Field(default=1, ge=1, description="Threads of each model. Small models want 1.")
    perplexity: bool = Field(default=True, description="Let each model read the references.")
    alignment: bool = Field(default=False, description="Compare attention with the base's, on the base's translations.")
    bootstrap: int = Field(default=1000, ge=0, description="Samples for intervals and significance. 0: neither.")
    rounds: int = Field(default=3, ge=0, description="Rounds of timing, each model once in each. 0: no timing.")
    timed: int = Field(default=200, ge=1, description="Sentences to time, drawn from all test sets.")
    samples: int = Field(default=12, ge=0, description="Translations to show in report.md.")
    page: int = Field(default=300, ge=0, description="Sentences to show in report.html.")


def _run(job: Job[EvaluateOptions]) -> Figures:
    from model_pool.workshop.evaluate.evaluating import evaluate

    return evaluate(job)


STEP = Step(
    name="evaluate",
    version=1,
    summary="Measure models side by side: quality, speed, size and memory, with plots and a page to compare outputs.",
    example="babelpool workshop evaluate --with teacher=models/enpt --with student=build/quantize-1a2b "
    "--with news=data/news.tsv.gz",
    inputs={"comet": Input((Kind.CORPUS,), "a COMET model's directory; needs unbabel-comet", required=False)},
    others=Input((*_MODELS, Kind.CORPUS), "a model to measure or a test set to measure on, by a name of your own"),
    options=EvaluateOptions,
    output=Kind.REPORT,
    run=_run,
    libraries=("ctranslate2", "transformers", "torch", "sacrebleu", "matplotlib"),
)
