"""What a training will take, for --dry-run; reads files."""

from __future__ import annotations

import json

from model_pool.workshop.models.shape import read_shape
from model_pool.workshop.models.words import VOCABULARY_NAME
from model_pool.workshop.pacing import time_limit
from model_pool.workshop.plan import DEVICES, Shape, Training, make_plan
from model_pool.workshop.step import Estimate, Job
from model_pool.workshop.train.step import TrainOptions


def estimate(job: Job[TrainOptions]) -> Estimate:
    """Return time, memory and disk of a training on a CPU; `babelpool workshop plan` knows other devices."""
    options = job.options
    training = Training(
        total_tokens=2.0 * options.batch_tokens * options.accumulate * options.processes * options.max_steps,
        tokens=options.batch_tokens,
        autocast=options.precision != "fp32",
        checkpointing=options.gradient_checkpointing,
        ema=options.ema > 0,
    )
    planned = make_plan(_shape(job), training, DEVICES["cpu"], devices=options.processes)
    return Estimate(
        seconds=time_limit(
            planned.seconds / max(1, options.max_steps), max_steps=options.max_steps, max_minutes=options.max_minutes
        ),
        memory_bytes=int(planned.memory.whole),
        disk_bytes=int(planned.disk_bytes),
        notes=(
            f"{planned.parameters:,} weights, about {planned.tokens_per_second:,.0f} tokens/s ({DEVICES['cpu'].how})",
            "for other devices see babelpool workshop plan",
        ),
    )


def _shape(job: Job[TrainOptions]) -> Shape:
    options = job.options
    model, tokenizer = job.inputs.get("model"), job.inputs.get("tokenizer")
    if model is not None:
        return read_shape(model.path)
    pieces = len(json.loads((tokenizer.path / VOCABULARY_NAME).read_text(encoding="utf-8"))) if tokenizer else 32_000
    return Shape(
        pieces,
        options.d_model,
        options.encoder_layers,
        options.decoder_layers,
        options.ffn,
        options.heads,
        options.positions,
    )
