"""Puts a distillation together: reads its inputs, checks that they suit one another, trains and saves; touches disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fnmatch import fnmatchcase
from itertools import islice
from typing import cast

import torch
from torch import Tensor, nn

from model_pool.workshop.artifact import Artifact
from model_pool.workshop.data.batches import Batches, Encoders, Plan, encode_pairs
from model_pool.workshop.data.pairs import corpus_files, read_corpus
from model_pool.workshop.devices import choose_device
from model_pool.workshop.distil.judging import Judge
from model_pool.workshop.distil.loop import Feed, Loop
from model_pool.workshop.distil.losses import logit_metric
from model_pool.workshop.distil.objective import (
    Everything,
    LayerPair,
    Objective,
    SelfAttention,
    layer_pairs,
    wanted_of_teacher,
)
from model_pool.workshop.distil.pieces import Pieces, count_pieces
from model_pool.workshop.distil.saved import Saved, Weights
from model_pool.workshop.distil.step import DistilOptions
from model_pool.workshop.distil.teaching import Computing, Teaching
from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.models.learning import freeze, set_dropout
from model_pool.workshop.models.trainable import Trainable, hold_start, load_trainable, positions, save_trainable
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Job
from model_pool.workshop.teachers.parts import Parts
from model_pool.workshop.teachers.teacher import load_teacher

_COUNTED = 100_000
"""Pairs of the corpus whose pieces are counted."""


def make_distilled(job: Job[DistilOptions]) -> Figures:
    """Write what the student has become. Raises RecipeInvalid, DataInvalid, TrainingDiverged."""
    _check(job)
    torch.manual_seed(job.seed)
    student = load_trainable(job.inputs["student"].path)
    before = {name: weight.detach().clone() for name, weight in student.model.named_parameters()}
    made = _Distillation(job, student)
    saved = made.loop.run()
    _put(student.model, made.loop.result(), before, job.options.blend)
    cast("nn.Module", student.model).to("cpu")
    save_trainable(job.output, student)
    return _figures(job.options, made, saved)


class _Distillation:
    """Everything that is made before the first update."""

    def __init__(self, job: Job[DistilOptions], student: Trainable) -> None:
        options = job.options
        freeze(student.model, options.freeze)
        if options.only != "everything":
            _freeze_all_but_self_attention(student.model)
        set_dropout(student.model, options.dropout)
        hold_start(student.model)
        computing = Computing(choose_device(options.device), options.precision == "bfloat16")
        student.model.train()
        cast("nn.Module", student.model).to(computing.device)
        self.trained = sum(weight.numel() for weight in student.model.parameters() if weight.requires_grad)
        drawn = torch.Generator().manual_seed(job.seed)
        pairs, self.teaching = _teaching(job, student, computing)
        objective = _objective(job, student, self.teaching, pairs, computing, drawn)
        self.feed = _feed(job, student, objective)
        self.loop = Loop(
            student.model,
            objective,
            self.feed,
            options,
            judge=_judge(job, student, self.teaching).judge,
            drawn=drawn,
            scratch=job.scratch,
            progress=job.progress,
        )


def _freeze_all_but_self_attention(model: nn.Module) -> None:
    for name, weight in model.named_parameters():
        if not fnmatchcase(name, "*decoder.layers.*.self_attn*"):
            weight.requires_grad = False


def _check(job: Job[DistilOptions]) -> None:
    options = job.options
    if not options.max_steps and not options.max_minutes:
        raise RecipeInvalid("Say when to stop: max_steps or max_minutes.")
    if options.keep == "average" and not options.average:
        raise RecipeInvalid("keep is average, but no average is kept: set average, such as 0.999.")
    asked = [name for name in ("tokens", "logits", "layers", "attention") if getattr(options, name)]
    asked += ["only"] if options.only != "everything" else []
    asked += ["best_by"] if options.keep == "best" and options.best_by == "agreement" else []
    if "teacher" not in job.inputs and asked:
        raise RecipeInvalid(f"{', '.join(asked)} need a teacher: give one, or set them to 0.")
    if options.only != "everything" and "gold_pairs" in job.inputs:
        raise RecipeInvalid("only = self-attention learns nothing from gold pairs: leave them out.")


def _teaching(
    job: Job[DistilOptions], student: Trainable, computing: Computing
) -> tuple[list[LayerPair], Teaching | None]:
    given, options = job.inputs.get("teacher"), job.options
    if given is None:
        return [], None
    teacher = load_teacher(given)
    if teacher.words.vocabulary != student.words.vocabulary:
        raise RecipeInvalid(
            "The teacher has another vocabulary than the student, so their tokens cannot be compared. Translate the "
            "corpus with the step teach, and distil that without a teacher: tokens, logits, layers and attention 0."
        )
    own, theirs = Parts(student.model), Parts(teacher.model)
    if own.width != theirs.width and (options.layers or options.logits or options.only != "everything"):
        raise RecipeInvalid(
            f"The student is {own.width} wide and the teacher {theirs.width}, so their states cannot be compared: "
            "set layers and logits to 0, and only to everything."
        )
    pairs = layer_pairs(options, own, theirs)
    wanted = wanted_of_teacher(options, own, theirs, pairs)
    encoded = options.only == "everything" and _same_encoder(own, theirs)
    return pairs, Teaching(teacher, wanted, computing, encoded=encoded, capacity=int(options.cache_gb * 1e9))


def _same_encoder(student: Parts, teacher: Parts) -> bool:
    """Return whether the teacher's encoder serves the student: it is the same, and stays so."""
    own, theirs = student.encoder.state_dict(), teacher.encoder.state_dict()
    frozen = not any(weight.requires_grad for weight in student.encoder.parameters())
    return (
        frozen and own.keys() == theirs.keys() and all(torch.equal(own[name].cpu(), theirs[name].cpu()) for name in own)
    )


def _objective(
    job: Job[DistilOptions],
    student: Trainable,
    teaching: Teaching | None,
    pairs: list[LayerPair],
    computing: Computing,
    drawn: torch.Generator,
) -> Objective:
    options = job.options
    if options.only != "everything":
        return SelfAttention(student, computing, cast("Teaching", teaching))
    size = Parts(student.model).output_weight.shape[0]
    some = list(islice(read_corpus(job.inputs["corpus"]), _COUNTED))
    counts = count_pieces([encode_pairs(some, _encoders(student))], size)
    metric = _metric(student, teaching, counts).to(computing.device) if options.logits else None
    pieces = Pieces(counts, frequent=options.frequent, random=options.random, generator=drawn)
    return Everything(student, options, computing, teaching, pairs, pieces, metric)


def _metric(student: Trainable, teaching: Teaching | None, counts: Tensor) -> Tensor:
    own, theirs = Parts(student.model).output_weight, cast("Teaching", teaching).parts.output_weight
    if own.requires_grad or not torch.equal(own, theirs):
        raise RecipeInvalid(
            "logits needs the teacher's embeddings in the student, frozen: freeze model.shared.*, or set logits to 0."
        )
    return logit_metric(own.detach().cpu(), counts)


def _feed(job: Job[DistilOptions], student: Trainable, objective: Objective) -> Feed:
    options = job.options
    corpus = _batches(job, student, job.inputs["corpus"], options.batch_tokens, job.seed)
    given = job.inputs.get("gold_pairs")
    if given is None or not options.gold or not isinstance(objective, Everything):
        return Feed(corpus, None)
    return Feed(corpus, (_batches(job, student, given, options.gold_tokens, job.seed + 1), objective.gold))


def _batches(job: Job[DistilOptions], student: Trainable, corpus: Artifact, tokens: int, seed: int) -> Batches:
    longest = min(job.options.longest, positions(student.model))
    plan = Plan(tokens=tokens, longest=longest, unknown=student.words.unknown)
    return Batches(lambda: read_corpus(corpus), _encoders(student), plan, seed=seed)


def _judge(job: Job[DistilOptions], student: Trainable, teaching: Teaching | None) -> Judge:
    corpus, split = job.inputs["corpus"], "valid"
    if "valid" in job.inputs:
        corpus = job.inputs["valid"]
        split = "valid" if corpus_files(corpus, "valid") else "train"
    elif not corpus_files(corpus, split):
        raise RecipeInvalid("The corpus has no valid split: give valid, a few hundred pairs that are not trained on.")
    pairs = list(islice(read_corpus(corpus, split), job.options.valid_pairs))
    return Judge(pairs, student, teaching, longest=job.options.longest)


def _encoders(student: Trainable) -> Encoders:
    return Encoders(student.words.encode_all, student.words.encode_targets)


@torch.no_grad()
def _put(model: nn.Module, result: Weights, before: Mapping[str, Tensor], blend: float) -> None:
    for name, weight in model.named_parameters():
        if name in result:
            weight.copy_(before[name].to(weight.device).lerp(result[name].to(weight.device), blend))


def _figures(options: DistilOptions, made: _Distillation, saved: Saved) -> Figures:
    memory = made.teaching.memory if made.teaching else None
    return {
        "updates": saved.step,
        "minutes": saved.seconds / 60,
        "sentences": saved.sentences,
        "target_tokens": saved.tokens,
        "sentences_per_second": saved.sentences / saved.seconds if saved.seconds else 0.0,
        "trained_parameters": made.trained,
        "kept": options.keep,
        "encoder_computed_once": bool(made.teaching and made.teaching.encoder_serves),
        "states_from_memory": memory.found / memory.asked if memory and memory.asked else 0.0,
        "left_out": dict(sum((reader.left_out for reader in made.feed.readers), Counter())),
        "history": saved.history,
    }
