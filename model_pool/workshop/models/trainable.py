"""A trainable checkpoint: a sequence-to-sequence model as transformers saves it, and its tokenizer; touches disk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import cast

import torch
from transformers import AutoModelForSeq2SeqLM, PreTrainedModel
from transformers.utils import logging as hub_logging

from model_pool.workshop.errors import ArtifactInvalid
from model_pool.workshop.models.languages import Languages, read_languages, write_languages
from model_pool.workshop.models.words import Words, load_words

__all__ = [
    "Languages",
    "Trainable",
    "embedding",
    "hold_start",
    "load_trainable",
    "positions",
    "quiet",
    "save_trainable",
]


@dataclass(frozen=True, slots=True)
class Trainable:
    """A model in float32 on the CPU, what it reads and writes, and its languages."""

    model: PreTrainedModel
    words: Words
    languages: Languages = field(default_factory=Languages)


def load_trainable(directory: Path) -> Trainable:
    """Read a checkpoint. Raises ArtifactInvalid where a file is missing, or vocabulary and model differ in size."""
    words = load_words(directory)
    try:
        with quiet():
            model = AutoModelForSeq2SeqLM.from_pretrained(directory, local_files_only=True, dtype=torch.float32)
    except (OSError, ValueError, RuntimeError) as error:
        raise ArtifactInvalid(f"{directory} is no sequence-to-sequence checkpoint of transformers: {error}") from error
    _save_positions(model)
    rows = model.get_output_embeddings().weight.shape[0]
    if rows < words.size:
        raise ArtifactInvalid(f"{directory}: its vocabulary has {words.size} pieces, and the model rows for {rows}.")
    return Trainable(model, words, read_languages(directory))


def save_trainable(directory: Path, trainable: Trainable) -> None:
    """Write a checkpoint that transformers (MarianMTModel, MarianTokenizer) and CTranslate2's converter read too."""
    _save_positions(trainable.model)
    with quiet():
        trainable.model.save_pretrained(directory)
    trainable.words.save(directory)
    write_languages(directory, trainable.languages, positions(trainable.model))


def embedding(model: PreTrainedModel) -> torch.Tensor:
    """Return the vectors of the pieces, a row each."""
    return cast("torch.Tensor", model.get_input_embeddings().weight)


def hold_start(model: PreTrainedModel) -> None:
    """Keep the vector that a decoder starts with at zero while training, where it is zero now.

    Marian's engines, CTranslate2 among them, start from zero whatever the checkpoint says. The vector is a row of the
    embedding, which the output layer shares and would train.
    """
    start, weight = int(model.config.decoder_start_token_id), embedding(model)
    if not weight.requires_grad or bool(weight[start].any()):
        return
    row = torch.zeros(len(weight), 1, dtype=torch.bool)
    row[start] = True

    def held(gradient: torch.Tensor) -> torch.Tensor:
        return gradient.masked_fill(row.to(gradient.device), 0.0)

    register: Callable[[Callable[[torch.Tensor], torch.Tensor]], object] = weight.register_hook
    register(held)


def positions(model: PreTrainedModel) -> int:
    """Return how many tokens a sentence may have."""
    return int(getattr(model.config, "max_position_embeddings", 512))


def _save_positions(model: PreTrainedModel) -> None:
    """Have the positions saved, whoever saves the model.

    Transformers would leave Marian's out, and compute its own on loading: those of a Bergamot teacher are others.
    """
    model._keys_to_ignore_on_save = None  # noqa: SLF001 - there is no other way


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' bars and advice off the terminal: the caller has its own."""
    verbosity = hub_logging.get_verbosity()
    shown = hub_logging.is_progress_bar_enabled()
    hub_logging.set_verbosity(logging.CRITICAL)
    _show_bars(hub_logging, shown=False)
    try:
        yield
    finally:
        hub_logging.set_verbosity(verbosity)
        _show_bars(hub_logging, shown=shown)


def _show_bars(hub_logging: ModuleType, *, shown: bool) -> None:
    (hub_logging.enable_progress_bar if shown else hub_logging.disable_progress_bar)()
