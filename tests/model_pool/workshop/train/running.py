"""Tiny trainings for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model_pool.workshop.artifact import Artifact, open_artifact
from model_pool.workshop.models.languages import Languages, write_languages
from model_pool.workshop.progress import Progress
from model_pool.workshop.train.step import STEP, TrainOptions
from model_pool.workshop.workspace import Workspace
from tests.model_pool.workshop.models.making import number_pairs, tiny_words

TINY: dict[str, Any] = {
    "d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "heads": 2, "ffn": 64, "positions": 64, "longest": 40,
    "batch_tokens": 300, "max_steps": 12, "warmup": 4, "learning_rate": 3e-3, "evaluate_every": 6, "save_every": 4,
    "log_every": 3, "most_valid": 20, "translated": 4, "samples": 2, "device": "cpu",
}  # fmt: skip


def write_corpus(directory: Path, train: int = 400, valid: int = 30, *, seed: int = 1) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for split, count, drawn in (("train", train, seed), ("valid", valid, 99)):
        lines = (f"{source}\t{target}\n" for source, target in number_pairs(count, seed=drawn))
        if count:
            (directory / f"{split}.tsv").write_text("".join(lines))
    return directory


def write_tokenizer(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    tiny_words().save(directory)
    write_languages(directory, Languages(("en",), ("pt",)), 64)
    return directory


def inputs_in(directory: Path) -> dict[str, Artifact]:
    """Return a corpus and a tokenizer, written on the first call."""
    corpus, tokenizer = directory / "corpus", directory / "tokenizer"
    if not corpus.exists():
        write_corpus(corpus)
        write_tokenizer(tokenizer)
    return {"corpus": open_artifact([corpus]), "tokenizer": open_artifact([tokenizer])}


def train(
    workspace: Path, inputs: dict[str, Artifact], progress: Progress | None = None, **options: object
) -> Artifact:
    chosen = TrainOptions.model_validate({**TINY, **options})
    return Workspace(workspace, progress).make(STEP, inputs, chosen).artifact


def figures(made: Artifact) -> dict[str, Any]:
    assert made.lineage is not None
    return made.lineage.figures
