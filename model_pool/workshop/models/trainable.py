"""A trainable checkpoint: a sequence-to-sequence model as transformers saves it, and its tokenizer; touches disk."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch
from transformers import AutoModelForSeq2SeqLM, PreTrainedModel
from transformers.utils import logging as hub_logging

from model_pool.workshop.errors import ArtifactInvalid
from model_pool.workshop.models.words import END, PAD, UNKNOWN, Words, load_words

TOKENIZER_CONFIG = "tokenizer_config.json"


@dataclass(frozen=True, slots=True)
class Languages:
    """What a checkpoint translates: BCP 47 codes. Several targets need their tags in the vocabulary."""

    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trainable:
    """A model in float32 on the CPU, what it reads and writes, and its languages."""

    model: PreTrainedModel
    words: Words
    languages: Languages = Languages()


def load_trainable(directory: Path) -> Trainable:
    """Read a checkpoint. Raises ArtifactInvalid where a file is missing, or vocabulary and model differ in size."""
    words = load_words(directory)
    try:
        with quiet():
            model = AutoModelForSeq2SeqLM.from_pretrained(directory, local_files_only=True, dtype=torch.float32)
    except (OSError, ValueError, RuntimeError) as error:
        raise ArtifactInvalid(f"{directory} is no sequence-to-sequence checkpoint of transformers: {error}") from error
    rows = model.get_output_embeddings().weight.shape[0]
    if rows < words.size:
        raise ArtifactInvalid(f"{directory}: its vocabulary has {words.size} pieces, and the model rows for {rows}.")
    return Trainable(model, words, read_languages(directory))


def save_trainable(directory: Path, trainable: Trainable) -> None:
    """Write a checkpoint that transformers (MarianMTModel, MarianTokenizer) and CTranslate2's converter read too."""
    with quiet():
        trainable.model.save_pretrained(directory)
    trainable.words.save(directory)
    write_languages(directory, trainable.languages, positions(trainable.model))


def read_languages(directory: Path) -> Languages:
    """Return the languages of a checkpoint or a tokenizer; none where they are not said."""
    path = directory / TOKENIZER_CONFIG
    if not path.is_file():
        return Languages()
    said = json.loads(path.read_text(encoding="utf-8"))
    return Languages(_codes(said.get("source_lang")), _codes(said.get("target_lang")))


def write_languages(directory: Path, languages: Languages, longest: int) -> None:
    """Write the configuration of MarianTokenizer, which holds the languages. longest: tokens of one sentence."""
    content = {
        "tokenizer_class": "MarianTokenizer",
        "source_lang": "+".join(languages.sources) or None,
        "target_lang": "+".join(languages.targets) or None,
        "model_max_length": longest,
        "eos_token": END,
        "unk_token": UNKNOWN,
        "pad_token": PAD,
    }
    (directory / TOKENIZER_CONFIG).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def positions(model: PreTrainedModel) -> int:
    """Return how many tokens a sentence may have."""
    return int(getattr(model.config, "max_position_embeddings", 512))


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


def _codes(said: object) -> tuple[str, ...]:
    return tuple(said.split("+")) if isinstance(said, str) and said else ()
