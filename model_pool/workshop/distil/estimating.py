"""What a distillation will take, for --dry-run; reads files."""

from __future__ import annotations

from model_pool.workshop.artifact import Kind
from model_pool.workshop.distil.step import DistilOptions
from model_pool.workshop.models.shape import read_shape
from model_pool.workshop.plan import (
    DEVICES,
    Shape,
    Training,
    decoder_parameters,
    encoder_parameters,
    memory_of,
    parameters,
)
from model_pool.workshop.step import Estimate, Job

_FORWARD, _LEARN = 2, 6
"""Floating-point operations for each weight and token: to compute, and to compute and learn."""


def estimate(job: Job[DistilOptions]) -> Estimate:
    """Return time, memory and disk of a distillation on a CPU; on a GPU it is far faster."""
    options, student = job.options, read_shape(job.inputs["student"].path)
    found = job.inputs.get("teacher")
    teacher = None if found is None else student if found.kind is Kind.MARIAN else read_shape(found.path)
    device = DEVICES["cpu"]
    update = _operations(options, student, teacher, gold="gold_pairs" in job.inputs) / device.flops
    limits = [update * options.max_steps] * bool(options.max_steps) + [options.max_minutes * 60] * bool(
        options.max_minutes
    )
    training = Training(0, options.batch_tokens + options.gold_tokens, ema=options.average > 0)
    memory = memory_of(student, training).whole + (4 * parameters(teacher) + 1e9 * options.cache_gb if teacher else 0)
    return Estimate(
        seconds=min(limits, default=None),
        memory_bytes=int(memory),
        disk_bytes=16 * parameters(student),
        notes=(
            f"{parameters(student):,} weights, about {update:.1f} s for an update ({device.how})",
            f"up to {options.cache_gb:g} GB of the memory is for the teacher's states (cache_gb), which saves time",
        ),
    )


def _operations(options: DistilOptions, student: Shape, teacher: Shape | None, *, gold: bool) -> float:
    """Return the operations of an update. A teacher's encoder that the student keeps computes once for both."""
    frozen = any(pattern.startswith("model.encoder.*") for pattern in options.freeze)
    encode = (_FORWARD if frozen else _LEARN) * encoder_parameters(student)
    project = _LEARN * student.d_model * (options.frequent or student.vocabulary)
    decode = _LEARN * decoder_parameters(student)
    taught = encode + decode + options.share * project
    if teacher:
        project = _FORWARD * teacher.d_model * (options.frequent or teacher.vocabulary)
        taught += _FORWARD * decoder_parameters(teacher) + options.share * project
        taught += 0 if frozen else _FORWARD * encoder_parameters(teacher)
    known = encode + decode + _LEARN * student.d_model * (options.frequent or student.vocabulary)
    return options.batch_tokens * taught + (options.gold_tokens * known if gold else 0)
