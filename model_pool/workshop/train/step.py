"""The step `train`: a sequence-to-sequence model from scratch, or from a checkpoint; touches disk."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from model_pool.workshop.artifact import Kind
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Estimate, Input, Job, Step, StepOptions

Metric = Literal["perplexity", "bleu", "chrf"]


class TrainOptions(StepOptions):
    """Size of a new model, how long and how to train, what to watch."""

    d_model: int = Field(default=512, ge=8, description="Width of a new model.")
    encoder_layers: int = Field(default=6, ge=1, description="Layers of a new model's encoder.")
    decoder_layers: int = Field(default=2, ge=1, description="Layers of a new model's decoder; few are fast.")
    heads: int = Field(default=8, ge=1, description="Attention heads; they divide the width.")
    ffn: int = Field(default=2048, ge=8, description="Width of the feed-forward layers.")
    dropout: float = Field(default=0.1, ge=0, lt=1, description="Dropout, of a given checkpoint too.")
    positions: int = Field(default=512, ge=16, description="Most tokens of a sentence that a new model can read.")

    max_steps: int = Field(default=0, ge=0, description="Stop after so many updates; 0 for no such limit.")
    max_minutes: float = Field(default=0, ge=0, description="Stop after so much training; 0 for no such limit.")
    batch_tokens: int = Field(default=8000, ge=16, description="Tokens of a batch on each device, padding counted.")
    accumulate: int = Field(default=1, ge=1, description="Batches that make one update.")
    longest: int = Field(default=256, ge=4, description="Most tokens of a side; longer pairs are left out.")
    stages: tuple[float, ...] = Field(
        default=(),
        description="Curriculum: the corpora are trained on one after the other, each for its share of the training "
        "(0.8 0.2). Without it they are one corpus.",
    )

    learning_rate: float = Field(default=5e-4, gt=0, description="Highest learning rate.")
    schedule: Literal["cosine", "constant", "inverse_sqrt"] = Field(
        default="cosine", description="How the rate falls after warming up."
    )
    warmup: int = Field(default=500, ge=0, description="Updates until the highest rate.")
    weight_decay: float = Field(default=0.0, ge=0, description="AdamW's.")
    clip: float = Field(default=1.0, gt=0, description="Largest norm of a gradient.")
    label_smoothing: float = Field(default=0.1, ge=0, lt=1, description="Label smoothing of the training loss.")
    ema: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Decay of a moving average of the weights, which is then kept; 0 for none.",
    )
    freeze: tuple[str, ...] = Field(
        default=(), description="Names of weights that are not trained, as patterns: model.encoder.*"
    )
    precision: Literal["fp32", "bf16", "fp16"] = Field(default="fp32", description="What autocast computes in.")
    gradient_checkpointing: bool = Field(default=False, description="Less memory for about a third more time.")
    device: Literal["auto", "cpu"] = Field(default="auto", description="auto takes the GPU where there is one.")

    evaluate_every: int = Field(default=1000, ge=1, description="Updates between evaluations on valid pairs.")
    save_every: int = Field(default=1000, ge=1, description="Updates between states that a killed run goes on from.")
    log_every: int = Field(default=50, ge=1, description="Updates between losses in the history.")
    most_valid: int = Field(default=2000, ge=1, description="Most valid pairs for perplexity.")
    translated: int = Field(default=200, ge=0, description="Valid pairs to translate for BLEU and chrF.")
    samples: int = Field(default=5, ge=0, description="Translations to show and to keep at each evaluation.")
    metric: Metric = Field(default="perplexity", description="What says which weights are best.")
    patience: int = Field(default=0, ge=0, description="Evaluations without a better one before stopping; 0: never.")
    keep: Literal["best", "last"] = Field(default="best", description="Which weights are the result.")
    unknown_limit: float = Field(
        default=0.02, ge=0, le=1, description="Most unknown pieces, as a share, before the vocabulary is refused."
    )
    report_to: Literal["none", "tensorboard", "wandb"] = Field(
        default="none", description="Logs for TensorBoard (in the result's directory logs) or Weights & Biases."
    )

    processes: int = Field(default=1, ge=1, description="Training processes on this machine: one for each GPU.")
    accelerate_config: Path | None = Field(default=None, description="A configuration of accelerate, for processes.")
    deepspeed: Path | None = Field(default=None, description="A JSON configuration of DeepSpeed, such as for ZeRO.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.max_steps and not self.max_minutes:
            raise ValueError("say when to stop: max_steps, max_minutes or both")
        if self.d_model % self.heads:
            raise ValueError(f"{self.heads} heads do not divide a width of {self.d_model}")
        if self.d_model % 2:
            raise ValueError("the width must be even")
        if self.metric != "perplexity" and not self.translated:
            raise ValueError(f"the metric {self.metric} needs translated pairs")
        if any(share <= 0 for share in self.stages):
            raise ValueError("every stage needs a share above 0")
        return self


def _run(job: Job[TrainOptions]) -> Figures:
    from model_pool.workshop.train.making import train

    return train(job)


def _estimate(job: Job[TrainOptions]) -> Estimate:
    from model_pool.workshop.train.estimating import estimate

    return estimate(job)


STEP = Step(
    name="train",
    version=2,
    summary="Train a sequence-to-sequence model, from scratch or from a checkpoint; a killed run goes on where it was.",
    example="babelpool workshop train --corpus build/mix-... --tokenizer build/tokenizer-... --max-steps 50000",
    inputs={
        "corpus": Input((Kind.CORPUS,), "what to learn; several are one corpus, or the stages of a curriculum"),
        "tokenizer": Input((Kind.TOKENIZER,), "for a new model: what the step tokenizer made", required=False),
        "model": Input((Kind.TRAINABLE,), "a checkpoint to go on from, with its tokenizer", required=False),
        "valid": Input((Kind.CORPUS,), "pairs to watch training, instead of the corpora's own valid", required=False),
    },
    options=TrainOptions,
    output=Kind.TRAINABLE,
    run=_run,
    libraries=("torch", "transformers", "accelerate", "sentencepiece"),
    estimate=_estimate,
)
