"""Builds a student and says how much of it is its teacher's; reads files."""

from __future__ import annotations

import copy
import re

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig, PreTrainedModel

from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.models.languages import Languages
from model_pool.workshop.models.trainable import Trainable, save_trainable
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Job
from model_pool.workshop.student.shaping import Shape, fitted, nearest_layers, shape_of
from model_pool.workshop.student.step import StudentOptions
from model_pool.workshop.teachers.marian import has_ssru
from model_pool.workshop.teachers.parts import Parts
from model_pool.workshop.teachers.teacher import load_teacher

_SSRU = re.compile(r"^(.*\.self_attn)\.value\.weight$")


def make_student(job: Job[StudentOptions]) -> Figures:
    """Write the student. Raises RecipeInvalid where the shape cannot be."""
    job.progress.phase("reading the teacher", None)
    teacher = load_teacher(job.inputs["teacher"])
    student = student_of(teacher, job.options, seed=job.seed)
    save_trainable(job.output, student)
    old, new = (shape_of(one.model.config) for one in (teacher, student))
    return {
        "teacher_parameters": teacher.model.num_parameters(),
        "parameters": student.model.num_parameters(),
        "encoder_layers_from": nearest_layers(new.encoder_layers, old.encoder_layers),
        "decoder_layers_from": nearest_layers(new.decoder_layers, old.decoder_layers),
        "self_attention_for_ssru": has_ssru(teacher.model),
        "languages": f"{'+'.join(student.languages.sources)}-{'+'.join(student.languages.targets)}",
    }


def student_of(teacher: Trainable, options: StudentOptions, *, seed: int) -> Trainable:
    """Return a student of this shape with the teacher's weights, vocabulary and languages."""
    Parts(teacher.model)
    torch.manual_seed(seed)
    languages = _languages(teacher, options)
    old = shape_of(teacher.model.config)
    new = _wanted(old, options)
    model = type(teacher.model)(_config(teacher.model.config, new, options))
    state = _with_attention(teacher.model.state_dict())
    model.load_state_dict(fitted(model.state_dict(), state, old, new))
    _set_decoding(model, teacher.words.pad)
    return Trainable(model, teacher.words, languages)


def _languages(teacher: Trainable, options: StudentOptions) -> Languages:
    sources = (options.source,) if options.source else teacher.languages.sources
    targets = (options.target,) if options.target else teacher.languages.targets
    if not sources or not targets:
        raise RecipeInvalid("The teacher does not say its languages: give source and target, such as en and pt.")
    return Languages(sources, targets)


def _wanted(old: Shape, options: StudentOptions) -> Shape:
    new = Shape(
        encoder_layers=options.encoder_layers or old.encoder_layers,
        decoder_layers=options.decoder_layers or old.decoder_layers,
        width=options.d_model or old.width,
        heads=options.heads or old.heads,
        encoder_inner=options.ffn or old.encoder_inner,
        decoder_inner=options.ffn or old.decoder_inner,
    )
    if new.width % new.heads or new.width % 2:
        raise RecipeInvalid(f"d_model is {new.width}: it must be even and a multiple of the {new.heads} heads.")
    return new


def _config(teacher: PretrainedConfig, new: Shape, options: StudentOptions) -> PretrainedConfig:
    config = copy.deepcopy(teacher)
    config.encoder_layers, config.decoder_layers = new.encoder_layers, new.decoder_layers
    config.num_hidden_layers, config.d_model = new.encoder_layers, new.width
    config.encoder_attention_heads = config.decoder_attention_heads = new.heads
    config.encoder_ffn_dim, config.decoder_ffn_dim = new.encoder_inner, new.decoder_inner
    config.dropout = options.dropout
    return config


def _with_attention(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Put self-attention in the place of each SSRU: its values are the SSRU's, what it looks at is drawn."""
    result = {name: weight for name, weight in state.items() if not re.search(r"self_attn\.(value|forget)\.", name)}
    for name, weight in state.items():
        if match := _SSRU.match(name):
            result |= _attention(match[1], weight)
    return result


def _attention(name: str, value: Tensor) -> dict[str, Tensor]:
    width = len(value)
    weights = {"v": value, "out": torch.eye(width)}
    for looked in ("q", "k"):
        weights[looked] = nn.init.xavier_uniform_(torch.empty(width, width))
    named = {f"{name}.{which}_proj.weight": weight for which, weight in weights.items()}
    return named | {f"{name}.{which}_proj.bias": torch.zeros(width) for which in weights}


def _set_decoding(model: PreTrainedModel, pad: int) -> None:
    decoding = model.generation_config
    if decoding is not None:
        decoding.max_length, decoding.num_beams, decoding.bad_words_ids = (
            model.config.max_position_embeddings,
            1,
            [[pad]],
        )
