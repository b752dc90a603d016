"""What a student is asked to do with a batch, as one number to make small; touches nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import torch
from torch import Tensor
from transformers import MarianMTModel

from model_pool.workshop.data.batches import Batch
from model_pool.workshop.distil.losses import (
    alignment_divergence,
    cross_entropy,
    divergence,
    logit_error,
    relative_error,
)
from model_pool.workshop.distil.pieces import Pieces
from model_pool.workshop.distil.step import DistilOptions
from model_pool.workshop.distil.teaching import Computing, Shown, Teaching
from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.models.trainable import Trainable
from model_pool.workshop.student.shaping import nearest_layers
from model_pool.workshop.teachers.padded import Padded, pad_batch
from model_pool.workshop.teachers.parts import Parts, States, Wanted

Losses = dict[str, Tensor]
"""By name, each before its weight."""

LayerPair = tuple[str, str]
"""Names of submodules of the teacher's and of the student's decoder."""

_NORM, _OUTPUT = "self_attn_layer_norm", "final_layer_norm"


class Objective(Protocol):
    """Computes the losses of a batch and says how much each counts."""

    @property
    def weights(self) -> Mapping[str, float]:
        """Of the losses, by name."""

    def losses(self, batch: Batch) -> Losses:
        """Return the losses, with their gradients."""


@dataclass(frozen=True, slots=True)
class Everything:
    """The student computes as a whole. metric: see `logit_metric`; None where logits do not count."""

    student: Trainable
    options: DistilOptions
    computing: Computing
    teaching: Teaching | None
    pairs: Sequence[LayerPair]
    pieces: Pieces
    metric: Tensor | None

    @property
    def weights(self) -> Mapping[str, float]:
        """See Objective."""
        return {
            name: getattr(self.options, name)
            for name in ("sequence", "tokens", "logits", "layers", "attention", "gold")
        }

    def losses(self, batch: Batch) -> Losses:
        """See Objective."""
        parts, padded = self._parts(), pad_batch(batch, self.student.words.pad, self.computing.device)
        shown = self.teaching.show(batch) if self.teaching else None
        wanted = Wanted([name for _, name in self.pairs], alignment=self.options.attention > 0)
        with self.computing.autocast():
            encoded = shown.encoded if shown and shown.encoded is not None else parts.encode(padded)
            states = parts.decode(padded, encoded, wanted)
            found = self._of_states(states, shown.states, padded.target_mask) if shown else {}
            return found | self._of_tokens(parts, states, shown, padded)

    def gold(self, batch: Batch) -> Tensor:
        """Return the cross-entropy of pairs that are right whatever the teacher says."""
        parts, padded = self._parts(), pad_batch(batch, self.student.words.pad, self.computing.device)
        with self.computing.autocast():
            states = parts.decode(padded, parts.encode(padded))
            chosen = self.pieces.chosen(padded.target[padded.target_mask])
            scores = chosen.scored(parts.project(states.last[padded.target_mask], chosen.pieces))
        return cross_entropy(scores, chosen.targets, self.options.label_smoothing)

    def _parts(self) -> Parts:
        return Parts(self.student.model)

    def _of_states(self, states: States, teacher: States, where: Tensor) -> Losses:
        found: Losses = {}
        if self.options.layers and self.pairs:
            errors = [relative_error(states.outputs[own], teacher.outputs[other], where) for other, own in self.pairs]
            found["layers"] = torch.stack(errors).sum()
        if self.metric is not None:
            found["logits"] = logit_error(states.last, teacher.last, self.metric, where)
        if states.alignment is not None and teacher.alignment is not None:
            found["attention"] = alignment_divergence(states.alignment, teacher.alignment, where)
        return found

    def _of_tokens(self, parts: Parts, states: States, shown: Shown | None, padded: Padded) -> Losses:
        if not self.options.sequence and not self.options.tokens:
            return {}
        places = self.pieces.places(padded.target_mask, self.options.share)
        chosen = self.pieces.chosen(padded.target[places])
        scores = chosen.scored(parts.project(states.last[places], chosen.pieces))
        found = {"sequence": cross_entropy(scores, chosen.targets)} if self.options.sequence else {}
        if self.options.tokens and shown and self.teaching:
            with torch.no_grad():
                expected = chosen.scored(self.teaching.parts.project(shown.states.last[places], chosen.pieces))
            found["tokens"] = divergence(scores, expected, self.options.temperature)
        return found


@dataclass(frozen=True, slots=True)
class SelfAttention:
    """Each self-attention sublayer of the student's decoder computes alone, on what the teacher gives its own."""

    student: Trainable
    computing: Computing
    teaching: Teaching

    @property
    def weights(self) -> Mapping[str, float]:
        """See Objective."""
        return {_layer_name(index): 1.0 for index in range(len(self._layers()))}

    def losses(self, batch: Batch) -> Losses:
        """See Objective."""
        shown = self.teaching.show(batch).states
        where = pad_batch(batch, self.student.words.pad, self.computing.device).target_mask
        found: Losses = {}
        nearest = nearest_layers(len(self._layers()), len(self.teaching.parts.layers))
        with self.computing.autocast():
            for index, (layer, other) in enumerate(zip(self._layers(), nearest, strict=True)):
                output = self_attention(layer, shown.inputs[f"layers.{other}"])
                expected = shown.outputs[f"layers.{other}.{_NORM}"]
                found[_layer_name(index)] = relative_error(output, expected, where)
        return found

    def _layers(self) -> Sequence[Any]:
        return cast("Sequence[Any]", Parts(self.student.model).layers)


def self_attention(layer: Any, given: Tensor) -> Tensor:  # noqa: ANN401 - a decoder layer of transformers
    """Return what the self-attention sublayer of a Marian decoder layer makes of (batch, target, width)."""
    added, _ = layer.self_attn(given)
    output: Tensor = layer.self_attn_layer_norm(given + added)
    return output


def wanted_of_teacher(options: DistilOptions, student: Parts, teacher: Parts, pairs: Sequence[LayerPair]) -> Wanted:
    """Return which states the teacher has to show. Raises RecipeInvalid where the student cannot be matched so."""
    if options.only == "everything":
        return Wanted([name for name, _ in pairs], alignment=options.attention > 0)
    if not isinstance(student.model, MarianMTModel):
        raise RecipeInvalid("only = self-attention is for Marian models, whose sublayers end with their norm.")
    layers = [f"layers.{index}" for index in range(len(teacher.layers))]
    return Wanted([f"{layer}.{_NORM}" for layer in layers], layers)


def layer_pairs(options: DistilOptions, student: Parts, teacher: Parts) -> list[LayerPair]:
    """Return which outputs are matched; none where they do not count.

    Raises RecipeInvalid where a pair is no pair, ArtifactInvalid where a decoder has no such submodule.
    """
    if not options.layers or options.only != "everything":
        return []
    pairs = [_pair(one) for one in options.layer_pairs] or _nearest_pairs(len(student.layers), len(teacher.layers))
    for theirs, own in pairs:
        teacher.submodule(theirs)
        student.submodule(own)
    return pairs


def _pair(text: str) -> LayerPair:
    teacher, _, student = text.partition("=")
    if not teacher or not student:
        raise RecipeInvalid(f"layer_pairs: {text!r} is no pair; write teacher=student, with names of submodules.")
    return teacher, student


def _nearest_pairs(student: int, teacher: int) -> list[LayerPair]:
    pairs: list[LayerPair] = []
    for own, other in enumerate(nearest_layers(student, teacher)):
        pairs += [(f"layers.{other}.{name}", f"layers.{own}.{name}") for name in (_NORM, _OUTPUT)]
    return pairs[:-1]


def _layer_name(index: int) -> str:
    return f"layer_{index}"
