from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from sentencepiece import SentencePieceProcessor
from transformers import MarianTokenizer

from model_pool.workshop.artifact import Artifact, Kind, open_artifact
from model_pool.workshop.errors import DataInvalid
from model_pool.workshop.models.languages import Languages, read_languages
from model_pool.workshop.models.words import Words, load_words
from model_pool.workshop.vocabulary.step import STEP, TokenizerOptions
from model_pool.workshop.workspace import Workspace
from tests.model_pool.workshop.models.making import number_pairs


@pytest.fixture
def corpus(tmp_path: Path) -> Artifact:
    lines = (f">>pt<< {source}\t{target}\n" for source, target in number_pairs(400))
    (tmp_path / "pairs.tsv").write_text("".join(lines))
    return open_artifact([tmp_path / "pairs.tsv"])


def learn(tmp_path: Path, corpus: Artifact, **options: object) -> tuple[Artifact, Words]:
    chosen = TokenizerOptions.model_validate({"sources": ("en",), "targets": ("pt",), "size": 48, **options})
    made = Workspace(tmp_path / "build").make(STEP, {"corpus": corpus}, chosen).artifact
    return made, load_words(made.path)


def test_ids_are_laid_out_as_marian_has_them(tmp_path: Path, corpus: Artifact) -> None:
    made, words = learn(tmp_path, corpus, symbols=(">>pt<<",))
    assert made.kind is Kind.TOKENIZER
    assert read_languages(made.path) == Languages(("en",), ("pt",))
    assert (words.eos, words.unknown, words.pad, words.size) == (0, 1, 48, 49)
    assert sorted(words.vocabulary.values()) == list(range(49))
    model = SentencePieceProcessor(model_file=str(made.path / "source.spm"))
    assert all(words.vocabulary[model.id_to_piece(index)] == index for index in range(48))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = MarianTokenizer.from_pretrained(made.path)
    assert theirs(">>pt<< one two").input_ids == words.encode(">>pt<< one two")
    assert made.lineage is not None
    assert made.lineage.figures["source"]["unknown_share"] == 0


@pytest.mark.parametrize("model", ["unigram", "bpe"])
def test_text_comes_back_from_its_ids(tmp_path: Path, corpus: Artifact, model: str) -> None:
    _, words = learn(tmp_path, corpus, model=model)
    for _, target in number_pairs(20, seed=5):
        assert words.decode(words.encode_target(target)) == target


def test_separate_models_have_one_joint_vocabulary(tmp_path: Path, corpus: Artifact) -> None:
    made, words = learn(tmp_path, corpus, separate=True, size=22)
    assert (made.path / "source.spm").read_bytes() != (made.path / "target.spm").read_bytes()
    assert sorted(words.vocabulary.values()) == list(range(words.size))
    assert words.unknown in words.encode_target("seven")
    assert words.unknown not in words.encode("seven")
    assert words.decode(words.encode_target("7 0 1")) == "7 0 1"


def test_bytes_stand_in_for_characters_without_a_piece(tmp_path: Path, corpus: Artifact) -> None:
    _, words = learn(tmp_path, corpus, byte_fallback=True, size=300)
    assert words.unknown not in words.encode("日")
    assert words.decode(words.encode_target("日 1")) == "日 1"


def test_same_corpus_gives_the_same_models_and_a_sample_is_drawn(tmp_path: Path, corpus: Artifact) -> None:
    first, _ = learn(tmp_path / "a", corpus, sample=100)
    second, _ = learn(tmp_path / "b", corpus, sample=100)
    assert first.digest == second.digest
    assert first.lineage is not None
    assert first.lineage.figures["sentences"] == 200


def test_more_pieces_than_the_corpus_has_are_refused_with_the_most_there_are(tmp_path: Path, corpus: Artifact) -> None:
    with pytest.raises(DataInvalid, match=r"5000 pieces can be learned: .*<= \d+"):
        learn(tmp_path, corpus, size=5000)
