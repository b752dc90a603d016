"""Manifests from what the files say."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.describe import Said, describe
from model_pool.catalog.manifest import Family
from model_pool.catalog.weights import read_weights
from model_pool.errors import CheckpointUnreadable, LanguageUnsupported


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """An embedded checkpoint without its manifest."""
    source = Catalog(Path("absent")).resolve("embedded/en-pt").path
    copy = shutil.copytree(source, tmp_path / "en-pt")
    (copy / "manifest.json").unlink()
    return copy


def test_the_embedded_manifests_are_what_describing_gives(directory: Path) -> None:
    embedded = Catalog(Path("absent")).resolve("embedded/en-pt")
    described = describe(directory, Said(name="en-pt", sources=["en"], targets=["pt"]))
    assert described.digest() == embedded.digest
    assert described.quantization == "int8_float32"
    assert (described.max_source_tokens, described.max_target_tokens) == (512, 512)
    assert described.vocabulary_map
    assert described.family is Family.MARIAN


def test_without_languages_it_says_which_option_to_give(directory: Path) -> None:
    with pytest.raises(LanguageUnsupported, match="--source"):
        describe(directory, Said(name="x"))


@pytest.mark.parametrize("name", ["config.json", "model.bin", "shared_vocabulary.json", "source.spm"])
def test_a_missing_file_is_named(directory: Path, name: str) -> None:
    (directory / name).unlink()
    with pytest.raises(CheckpointUnreadable, match=name.replace(".", r"\.")):
        describe(directory, Said(name="x", family=Family.MARIAN, sources=["en"], targets=["pt"]))


def test_without_tokens_or_spm_pair_it_asks_for_the_family(directory: Path) -> None:
    (directory / "source.spm").rename(directory / "sentencepiece.model")
    with pytest.raises(CheckpointUnreadable, match="--family"):
        describe(directory, Said(name="x", sources=["en"], targets=["pt"]))


def test_a_shared_sentencepiece_model_serves_both_sides(directory: Path) -> None:
    (directory / "source.spm").rename(directory / "sentencepiece.model")
    said = Said(name="x", family=Family.MARIAN, sources=["en"], targets=["pt"])
    assert describe(directory, said).tokenizer.source == "sentencepiece.model"


def test_old_vocabularies_in_text_form_are_read(directory: Path) -> None:
    tokens = json.loads((directory / "shared_vocabulary.json").read_bytes())
    (directory / "shared_vocabulary.json").unlink()
    for name in ("source_vocabulary.txt", "target_vocabulary.txt"):
        (directory / name).write_text("\n".join(tokens), encoding="utf-8")
    described = describe(directory, Said(name="x", sources=["en"], targets=["pt"]))
    assert {"source_vocabulary.txt", "target_vocabulary.txt"} <= set(described.files)


def test_without_a_map_the_manifest_says_so(directory: Path) -> None:
    (directory / "vmap.txt").unlink()
    assert not describe(directory, Said(name="x", sources=["en"], targets=["pt"])).vocabulary_map


@pytest.mark.parametrize("keep", [0, 3, 20, 200, 5000, -1])
def test_truncated_weights_are_refused(directory: Path, keep: int) -> None:
    path = directory / "model.bin"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointUnreadable, match=r"model\.bin"):
        read_weights(path)


def test_weights_of_another_version_or_kind_are_refused(directory: Path) -> None:
    path = directory / "model.bin"
    content = path.read_bytes()
    path.write_bytes(struct.pack("<I", 5) + content[4:])
    with pytest.raises(CheckpointUnreadable, match="format 5"):
        read_weights(path)
    path.write_bytes(content.replace(b"TransformerSpec", b"Transformer-dec", 1))
    with pytest.raises(CheckpointUnreadable, match="Transformer-dec"):
        read_weights(path)
