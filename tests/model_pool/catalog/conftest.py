"""Checkpoints of a few bytes: whole as far as the catalog looks, though no engine could load them."""

from __future__ import annotations

from pathlib import Path

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.files import record_file, write_manifest
from model_pool.catalog.manifest import Family, Manifest, TokenizerFiles
from tests.fakes.hub import hub

__all__ = ["hub", "make_checkpoint"]


def make_checkpoint(
    directory: Path, *, name: str = "tiny", description: str = "", weights: bytes = b"weights"
) -> Checkpoint:
    """Write a checkpoint whose content depends on `weights` alone."""
    directory.mkdir(parents=True, exist_ok=True)
    contents = {"model.bin": weights, "config.json": b"{}", "source.spm": b"pieces"}
    for file, content in contents.items():
        (directory / file).write_bytes(content)
    manifest = Manifest(
        name=name,
        description=description,
        family=Family.MARIAN,
        tokenizer=TokenizerFiles(kind="sentencepiece", source="source.spm", target="source.spm"),
        sources={"en": ""},
        targets={"pt": ""},
        quantization="int8_float32",
        files={file: record_file(directory / file) for file in contents},
    )
    write_manifest(directory, manifest)
    return Checkpoint.read(name, directory)
