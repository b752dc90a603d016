"""A teacher: a model that translates, scores and shows its states; a Bergamot directory or any trainable checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from model_pool.workshop.artifact import Artifact, Kind
from model_pool.workshop.data.batches import Batch
from model_pool.workshop.models.trainable import Trainable, load_trainable, positions, quiet
from model_pool.workshop.teachers.marian import load_marian
from model_pool.workshop.teachers.padded import pad_batch, pad_ids
from model_pool.workshop.teachers.parts import Parts, Wanted

TEACHERS = (Kind.MARIAN, Kind.TRAINABLE)
"""What a teacher can be read from."""


@dataclass(frozen=True, slots=True)
class Search:
    """How to look for a translation. longest: times the tokens of the source, and `extra` more."""

    beam_size: int = 1
    length_penalty: float = 1.0
    longest: float = 2.5
    extra: int = 5


def load_teacher(artifact: Artifact) -> Trainable:
    """Read a teacher from a Bergamot directory or a trainable checkpoint, ready to be asked. Raises ArtifactInvalid."""
    return load_teacher_from(artifact.path, artifact.kind)


def load_teacher_from(directory: Path, kind: Kind) -> Trainable:
    """Read a teacher from a directory of that kind."""
    loaded = load_marian(directory) if kind is Kind.MARIAN else load_trainable(directory)
    loaded.model.train(mode=False).requires_grad_(requires_grad=False)
    return loaded


@torch.inference_mode()
def translate(teacher: Trainable, sources: Sequence[Sequence[int]], search: Search = Search()) -> list[list[int]]:
    """Return the translation of each source (ids with eos), as ids with eos where the end was reached.

    Sources of similar length make the best use of a batch.
    """
    model = teacher.model
    ids, mask = pad_ids(sources, teacher.words.pad, model.device)
    limit = min(int(search.longest * ids.shape[1]) + search.extra, positions(model) - 1)
    with quiet():
        found: Tensor = cast("Any", model).generate(
            input_ids=ids,
            attention_mask=mask.long(),
            num_beams=search.beam_size,
            length_penalty=search.length_penalty,
            do_sample=False,
            max_new_tokens=limit,
            max_length=None,
            bad_words_ids=None,
        )
    return [_until_end(row, teacher.words.eos) for row in found[:, 1:].tolist()]


@torch.inference_mode()
def log_likelihoods(teacher: Trainable, batch: Batch) -> list[float]:
    """Return the mean log-probability of a token of each target."""
    parts = Parts(teacher.model)
    padded = pad_batch(batch, teacher.words.pad, teacher.model.device)
    scores = parts.project(parts.decode(padded, parts.encode(padded)).last).float().log_softmax(-1)
    chosen = scores.gather(-1, padded.target[..., None])[..., 0] * padded.target_mask
    means: list[float] = (chosen.sum(1) / padded.target_mask.sum(1)).tolist()
    return means


@torch.inference_mode()
def soft_alignments(teacher: Trainable, batch: Batch) -> list[Tensor]:
    """Return for each pair the attention of its target's tokens to its source's, (target, source), eos included."""
    parts = Parts(teacher.model)
    padded = pad_batch(batch, teacher.words.pad, teacher.model.device)
    found = parts.decode(padded, parts.encode(padded), Wanted(alignment=True)).alignment
    assert found is not None  # noqa: S101 - it was asked for
    return [rows[: len(one.target), : len(one.source)] for rows, one in zip(found, batch, strict=True)]


def _until_end(ids: list[int], end: int) -> list[int]:
    return ids[: ids.index(end) + 1] if end in ids else ids
