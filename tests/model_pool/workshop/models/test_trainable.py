from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
import torch
from transformers import MarianTokenizer

from model_pool.workshop.artifact import Kind, open_artifact
from model_pool.workshop.errors import ArtifactInvalid
from model_pool.workshop.models.languages import Languages
from model_pool.workshop.models.trainable import load_trainable, save_trainable
from tests.model_pool.workshop.models.making import tiny_trainable, tiny_words, write_trainable

TEXTS = ("one two", "three", " nine  zero ", "one thousand", "")


def test_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = tiny_trainable()
    save_trainable(tmp_path, written)
    assert open_artifact([tmp_path]).kind is Kind.TRAINABLE
    read = load_trainable(tmp_path)
    assert read.languages == Languages(("en",), ("pt",))
    assert read.words.vocabulary == written.words.vocabulary
    for name, tensor in written.model.state_dict().items():
        assert torch.equal(tensor, read.model.state_dict()[name]), name


def test_positions_that_are_not_those_of_transformers_are_kept(tmp_path: Path) -> None:
    written = tiny_trainable()
    positions = written.model.get_submodule("model.decoder.embed_positions")
    with torch.no_grad():
        positions.get_parameter("weight").mul_(0.5)
    save_trainable(tmp_path, written)
    read = load_trainable(tmp_path).model.get_submodule("model.decoder.embed_positions")
    assert torch.equal(read.get_parameter("weight"), positions.get_parameter("weight"))


def test_ids_are_those_of_transformers_own_tokenizer(tmp_path: Path) -> None:
    words = tiny_words(symbols=(">>pt<<",))
    write_trainable(tmp_path / "it", tiny_trainable(words))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = MarianTokenizer.from_pretrained(tmp_path / "it")
    for text in (*TEXTS, ">>pt<< one two", "one >>pt<< two"):
        assert words.encode(text) == theirs(text).input_ids, text
    for text in TEXTS:
        assert words.encode_target(text) == theirs(text_target=text).input_ids, text
    assert (words.pad, words.eos, words.unknown) == (theirs.pad_token_id, theirs.eos_token_id, theirs.unk_token_id)


def test_decoding_gives_the_text_back_without_what_is_no_text() -> None:
    words = tiny_words()
    assert words.decode([words.decoder_start, *words.encode_target("1 2 3"), words.pad, words.pad]) == "1 2 3"


def test_tag_is_one_id_before_the_sentence() -> None:
    words = tiny_words(symbols=(">>pt<<",))
    assert words.encode(">>pt<< one") == [words.vocabulary[">>pt<<"], *words.encode("one")]


def test_several_languages_are_kept(tmp_path: Path) -> None:
    write_trainable(tmp_path / "it", tiny_trainable())
    read = load_trainable(tmp_path / "it")
    (tmp_path / "both").mkdir()
    both = Languages(("en", "pt"), ("pt", "en"))
    save_trainable(tmp_path / "both", type(read)(read.model, read.words, both))
    assert load_trainable(tmp_path / "both").languages == both


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "source.spm", "vocab.json"])
def test_checkpoint_without_a_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    directory = write_trainable(tmp_path / "it")
    (directory / name).unlink()
    with pytest.raises(ArtifactInvalid, match=r"it (is no sequence-to-sequence|has no tokenizer)"):
        load_trainable(directory)


def test_vocabulary_that_is_larger_than_the_model_is_refused(tmp_path: Path) -> None:
    directory = write_trainable(tmp_path / "it")
    vocabulary = json.loads((directory / "vocab.json").read_text())
    (directory / "vocab.json").write_text(json.dumps(vocabulary | {"more": 5000}))
    with pytest.raises(ArtifactInvalid, match="5001 pieces"):
        load_trainable(directory)
