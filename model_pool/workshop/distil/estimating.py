"""What a distillation will take, for --dry-run; reads files."""

from __future__ import annotations

from model_pool.workshop.artifact import Kind
from model_pool.workshop.distil.step import DistilOptions
from model_pool.workshop.models.shape import read_shape
from model_pool.workshop.pacing import time_limit
from model_pool.workshop.plan import (
    DEVICES,
    FORWARD,
    LEARN,
    Shape,
    Training,
    decoder_parameters,
    encoder_parameters,
    memory_of,
    parameters,
)
from model_pool.workshop.step import Estimate, Job


def estimate(job: Job[DistilOptions]) -> Estimate:
    """Return time, memory and disk of a distillation on a CPU; on a GPU it is far faster."""
    options, student = job.options, read_shape(job.inputs["student"].path)
    found = job.inputs.get("teacher")
    teacher = None if found is None else student if found.kind is Kind.MARIAN else read_shape(found.path)
    device = DEVICES["cpu"]
    update = _operations(options, student, teacher, gold="gold_pairs" in job.inputs) / device.flops
    training = Training(0, options.batch_tokens + options.gold_tokens, ema=options.average > 0)
    memory = memory_of(student, training).whole + (4 * parameters(teacher) + 1e9 * options.cache_gb if teacher else 0)
    return Estimate(
        seconds=time_limit(update, max_steps=options.max_steps, max_minutes=options.max_minutes),
        memory_bytes=int(memory),
        disk_bytes=16 * parameters(student),
        notes=(
            f"{parameters(student):,} weights, about {update:.1f} s for an update ({device.how})",
            f"up to {options.cache_gb:g} GB of the memory is for the teacher's states (cache_gb), which saves time",
        ),
    )


def _operations(options: DistilOptions, student: Shape, teacher: Shape | None, *, gold: bool) -> float:
    """Return the operations of an update. A teacher's encoder that the student keeps computes once for both."""
    frozen = "model.encoder.*" in options.freeze
    encode = (FORWARD if frozen else LEARN) * encoder_parameters(student)
    decode = LEARN * decoder_parameters(student)
    project = LEARN * _projected(options, student)
    taught = encode + decode + options.share * project
    if teacher:
        taught += FORWARD * (decoder_parameters(teacher) + options.share * _projected(options, teacher))
        taught += 0 if frozen else FORWARD * encoder_parameters(teacher)
    return options.batch_tokens * taught + (options.gold_tokens * (encode + decode + project) if gold else 0)


def _projected(options: DistilOptions, shape: Shape) -> int:
    """Return the weights of the pieces that tokens are compared over."""
    pieces = min(shape.vocabulary, options.frequent + options.random) if options.frequent else shape.vocabulary
    return shape.d_model * pieces
