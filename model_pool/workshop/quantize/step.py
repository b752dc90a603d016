"""The step `quantize`: a trainable checkpoint to one that the pool serves, its weights stored in fewer bits."""

from __future__ import annotations

from pydantic import Field

from model_pool.catalog.convert import Quantization
from model_pool.workshop.artifact import Kind
from model_pool.workshop.data.pairs import PAIR
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Estimate, Input, Job, Step, StepOptions


class QuantizeOptions(StepOptions):
    """What to store, and what the manifest says."""

    type: Quantization = Field(
        default=Quantization.INT8, description=f"How weights are stored: {', '.join(Quantization)}."
    )
    name: str = Field(default="", description="The manifest's name; the languages by default.")
    sources: tuple[str, ...] = Field(default=(), description="Source languages; those of the model by default.")
    targets: tuple[str, ...] = Field(default=(), description="Target languages; those of the model by default.")
    text: str = Field(default="", description="The manifest's description: one sentence for people.")
    origin: str = Field(default="", description="Where the weights come from, if not from this workshop alone.")
    license: str = Field(default="", description="License of the weights, as SPDX writes it.")
    test: bool = Field(default=True, description="Translate samples of the corpus, where one is given, and score.")
    split: str = Field(default="test", description="Which split of the corpus to draw samples from; of files: train.")
    columns: tuple[str, ...] = Field(default=PAIR, description="What stands in each column of the corpus.")
    samples: int = Field(default=500, ge=1, description="How many sentences to translate.")
    parity: int = Field(default=50, ge=0, description="How many of them transformers translates too: is it the same?")
    batch: int = Field(default=32, ge=1, description="Sentences in a batch of the test.")
    device: str = Field(default="cpu", description="Where the test runs; half precision is computed on cuda alone.")


def _run(job: Job[QuantizeOptions]) -> Figures:
    from model_pool.workshop.quantize.quantizing import quantize

    return quantize(job)


def _estimate(job: Job[QuantizeOptions]) -> Estimate:
    size = sum(path.stat().st_size for path in job.inputs["model"].path.glob("*.safetensors"))
    return Estimate(memory_bytes=3 * size, disk_bytes=size, notes=("disk: at most what the float32 weights take",))


STEP = Step(
    name="quantize",
    version=1,
    summary="Convert a trained checkpoint into one that the pool serves, and score what the smaller numbers cost.",
    example="babelpool workshop quantize --model build/train-1a2b --type int8 --corpus build/corpus-3c4d",
    inputs={
        "model": Input((Kind.TRAINABLE,), "the checkpoint to convert"),
        "corpus": Input((Kind.CORPUS,), "sentences to test with", required=False),
    },
    options=QuantizeOptions,
    output=Kind.SERVABLE,
    run=_run,
    libraries=("ctranslate2", "transformers", "torch"),
    estimate=_estimate,
)
