"""The step `distil`: a student learns what its teacher does; touches disk.

Several of these in a recipe, each from the one before, are its stages.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from model_pool.workshop.artifact import Kind
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Estimate, Input, Job, Step, StepOptions


class DistilOptions(StepOptions):
    """What is learned (weights of the losses), for how long, and with what care."""

    only: Literal["everything", "self-attention"] = Field(
        default="everything",
        description="self-attention: match each self-attention sublayer of the decoder alone, on what the teacher "
        "gives its own; the first stage where an SSRU was replaced. The losses below do not count then.",
    )
    sequence: float = Field(default=0.3, ge=0, description="Weight of the cross-entropy of the corpus' targets.")
    tokens: float = Field(
        default=1.0, ge=0, description="Weight of the divergence from the teacher's distribution of each token."
    )
    logits: float = Field(
        default=0.2,
        ge=0,
        description="Weight of the squared difference of all logits, by the frequency of their pieces. The student "
        "must have the teacher's embeddings, frozen.",
    )
    layers: float = Field(
        default=0.5, ge=0, description="Weight of the relative squared difference of each pair of layer outputs."
    )
    attention: float = Field(
        default=0.0,
        ge=0,
        description="Weight of the divergence from the teacher's soft alignment (first head of the last layer).",
    )
    gold: float = Field(default=0.35, ge=0, description="Weight of the cross-entropy of the gold pairs, if given.")
    label_smoothing: float = Field(default=0.02, ge=0, lt=1, description="Of the gold pairs.")
    layer_pairs: tuple[str, ...] = Field(
        default=(),
        description="Outputs that are matched, teacher=student, as submodules of the decoders are called "
        "(layers.0.self_attn_layer_norm=layers.0.self_attn_layer_norm). By default self-attention and output of the "
        "nearest layers, but for the last output.",
    )
    temperature: float = Field(default=1.0, gt=0, description="Of both distributions, where tokens are compared.")
    frequent: int = Field(
        default=3_000, ge=0, description="Pieces that tokens are compared over, beside those of the batch; 0 is all."
    )
    random: int = Field(
        default=2_000,
        ge=0,
        description="So many other pieces, drawn for each batch, for gold as well; they stand for all the rest. With 0 "
        "nothing keeps rare pieces down.",
    )
    share: float = Field(default=0.3, gt=0, le=1, description="Share of the tokens that are compared in each batch.")

    freeze: tuple[str, ...] = Field(
        default=(),
        description="Patterns of the names of weights that stay as they are, such as model.encoder.*. Where that is "
        "the teacher's whole encoder, it computes once for both.",
    )
    max_steps: int = Field(default=0, ge=0, description="Updates of the weights; 0: until max_minutes.")
    max_minutes: float = Field(default=0.0, ge=0, description="Time in all runs; 0: until max_steps.")
    batch_tokens: int = Field(default=2_000, ge=1, description="Tokens of a batch, the longer side, padding counted.")
    gold_tokens: int = Field(default=1_000, ge=1, description="Tokens of the gold pairs beside each batch.")
    longest: int = Field(default=130, ge=2, description="Most tokens of a side; longer pairs are left out.")
    learning_rate: float = Field(default=6e-4, gt=0, description="Highest learning rate.")
    warmup: int = Field(default=100, ge=0, description="Updates until the learning rate is at its highest.")
    schedule: Literal["cosine", "constant"] = Field(default="cosine", description="How the learning rate goes on.")
    weight_decay: float = Field(default=0.0, ge=0, description="Of AdamW.")
    clip: float = Field(default=1.0, gt=0, description="Greatest norm of the gradient.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Dropout of the student.")
    average: float = Field(
        default=0.0, ge=0, lt=1, description="Decay of the moving average of the weights, such as 0.999; 0: none."
    )
    keep: Literal["last", "average", "best"] = Field(
        default="last",
        description="Which weights are the result; best: of those that were validated (the average, if on).",
    )
    best_by: Literal["cross_entropy", "agreement", "chrf"] = Field(
        default="cross_entropy", description="What best means."
    )
    blend: float = Field(
        default=1.0, gt=0, le=1, description="Share of the new weights in the result; the rest is what the student was."
    )
    precision: Literal["float32", "bfloat16"] = Field(
        default="float32", description="bfloat16 is faster on GPUs, and on CPUs that have AMX; on others slower."
    )
    cache_gb: float = Field(
        default=4.0, ge=0, description="Memory for the teacher's states, which later epochs take from it; 0: none."
    )
    validate_every: int = Field(default=500, ge=1, description="Updates between two looks at the valid pairs.")
    valid_pairs: int = Field(default=300, ge=1, description="Pairs that are looked at.")
    save_minutes: float = Field(default=5.0, ge=0, description="Minutes between two states to go on from when killed.")
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="Where to compute.")


def _run(job: Job[DistilOptions]) -> Figures:
    from model_pool.workshop.distil.making import make_distilled

    return make_distilled(job)


def _estimate(job: Job[DistilOptions]) -> Estimate:
    from model_pool.workshop.distil.estimating import estimate

    return estimate(job)


_TEACHERS = (Kind.MARIAN, Kind.TRAINABLE)

STEP = Step(
    name="distil",
    version=2,
    summary="Teach a student what its teacher does: sequences, tokens, logits, layers and attention, by weights.",
    example="babelpool workshop distil --student build/student-1f0c --teacher teachers/enpt --corpus build/teach-77ab "
    "--max-minutes 20",
    inputs={
        "student": Input((Kind.TRAINABLE,), "the checkpoint to go on from"),
        "corpus": Input((Kind.CORPUS,), "pairs of source and target; the teacher's own, for sequences"),
        "teacher": Input(
            _TEACHERS, "a Bergamot directory or a checkpoint with the student's vocabulary", required=False
        ),
        "gold_pairs": Input((Kind.CORPUS,), "pairs that are right whatever the teacher says", required=False),
        "valid": Input((Kind.CORPUS,), "pairs held out, for lack of a valid split in the corpus", required=False),
    },
    options=DistilOptions,
    output=Kind.TRAINABLE,
    run=_run,
    libraries=("torch", "transformers", "sentencepiece", "sacrebleu"),
    estimate=_estimate,
)
