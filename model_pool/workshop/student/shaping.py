"""Fits the weights of one model into another of the same family but another shape; touches nothing.

Each axis of a weight runs over something: width, inner units, heads, or what both models have alike. Along each axis
some places of the student are filled from places of the teacher; the others stay as they were drawn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import PretrainedConfig

Places = tuple[np.ndarray, np.ndarray]
"""Of the student, and of the teacher: the same number of each."""

State = Mapping[str, Tensor]

_LAYER = re.compile(r"\b(encoder|decoder)\.layers\.(\d+)\.")
_AXES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\.[qkv]_proj\.weight$", ("heads", "width")),
    (r"\.[qkv]_proj\.bias$", ("heads",)),
    (r"\.out_proj\.weight$", ("width", "heads")),
    (r"\.fc1\.weight$", ("inner", "width")),
    (r"\.fc1\.bias$", ("inner",)),
    (r"\.fc2\.weight$", ("width", "inner")),
    (r"(shared|embed_tokens|embed_positions|lm_head)\.weight$", ("alike", "width")),
    (r"final_logits_bias$", ("alike", "alike")),
    (r"(norm\w*\.(weight|bias)|_proj\.bias|fc2\.bias)$", ("width",)),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What may differ between teacher and student."""

    encoder_layers: int
    decoder_layers: int
    width: int
    heads: int
    encoder_inner: int
    decoder_inner: int

    def inner(self, name: str) -> int:
        """Return the inner width at a weight of this name."""
        return self.encoder_inner if "encoder.layers" in name else self.decoder_inner


def shape_of(config: PretrainedConfig) -> Shape:
    """Return the shape of a model of the BART family."""
    return Shape(
        encoder_layers=config.encoder_layers,
        decoder_layers=config.decoder_layers,
        width=config.d_model,
        heads=config.decoder_attention_heads,
        encoder_inner=config.encoder_ffn_dim,
        decoder_inner=config.decoder_ffn_dim,
    )


def nearest_layers(student: int, teacher: int) -> list[int]:
    """Return for each layer of the student the one of the teacher that it is like: first to first, last to last."""
    if student == 1:
        return [teacher - 1]
    return [round(index * (teacher - 1) / (student - 1)) for index in range(student)]


def fitted(fresh: State, teacher: State, old: Shape, new: Shape) -> dict[str, Tensor]:
    """Return the student's weights: the teacher's where they have a place, `fresh` elsewhere."""
    widths = np.arange(old.width) if new.width >= old.width else _widest(teacher, new.width)
    result = {}
    for name, weight in fresh.items():
        theirs = _name_of(name, old, new)
        places = [_places(axis, name, theirs, teacher, (old, new), widths) for axis in _axes(name)]
        result[name] = _filled(weight, teacher[theirs], places, name=name)
    return result


def _name_of(name: str, old: Shape, new: Shape) -> str:
    def renumbered(match: re.Match[str]) -> str:
        side, index = match[1], int(match[2])
        counts = (getattr(new, f"{side}_layers"), getattr(old, f"{side}_layers"))
        return f"{side}.layers.{nearest_layers(*counts)[index]}."

    return _LAYER.sub(renumbered, name)


def _axes(name: str) -> tuple[str, ...]:
    return next(axes for pattern, axes in _AXES if re.search(pattern, name))


def _places(
    axis: str, name: str, theirs: str, teacher: State, shapes: tuple[Shape, Shape], widths: np.ndarray
) -> Places | None:
    """Return which places of an axis are filled from which; None for all."""
    old, new = shapes
    if axis == "width":
        return None if old.width == new.width else (np.arange(len(widths)), widths)
    if axis == "heads":
        return None if (old.width, old.heads) == (new.width, new.heads) else _of_heads(old, new)
    if axis == "inner" and old.inner(name) != new.inner(name):
        units = _strongest(teacher, theirs, new.inner(name))
        return np.arange(len(units)), units
    return None


def _of_heads(old: Shape, new: Shape) -> Places:
    """Each head keeps its first dimensions; heads that are too many fall away."""
    before, after = old.width // old.heads, new.width // new.heads
    heads, size = np.arange(min(old.heads, new.heads))[:, None], np.arange(min(before, after))[None]
    return (heads * after + size).ravel(), (heads * before + size).ravel()


def _widest(teacher: State, width: int) -> np.ndarray:
    """Return the dimensions in which the embeddings vary most."""
    table = next(weight for name, weight in teacher.items() if re.search(r"(shared|embed_tokens)\.weight$", name))
    return np.sort(table.var(0).topk(width).indices.numpy())


def _strongest(teacher: State, name: str, units: int) -> np.ndarray:
    """Return the inner units of a layer with the largest weights on both sides; all where there are fewer."""
    layer = name[: name.index(".fc")]
    strength = teacher[f"{layer}.fc1.weight"].norm(dim=1) * teacher[f"{layer}.fc2.weight"].norm(dim=0)
    return np.sort(strength.topk(min(units, len(strength))).indices.numpy())


def _filled(fresh: Tensor, theirs: Tensor, places: list[Places | None], *, name: str) -> Tensor:
    to, of = [], []
    for axis, chosen in enumerate(places):
        everything = np.arange(fresh.shape[axis])
        to.append(everything if chosen is None else chosen[0])
        of.append(everything if chosen is None else chosen[1])
    result = fresh.detach().clone().numpy()
    if name.endswith("fc2.weight") and fresh.shape[1] > theirs.shape[1]:
        result[:] = 0  # what is added behind the teacher's units must not speak before it has learned
    result[np.ix_(*to)] = theirs.numpy()[np.ix_(*of)]
    return torch.from_numpy(result)
