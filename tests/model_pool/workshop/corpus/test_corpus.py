from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_pool.workshop.artifact import Artifact, open_artifact
from model_pool.workshop.corpus.step import STEP, CorpusOptions
from model_pool.workshop.data.pairs import Pair, read_corpus
from model_pool.workshop.data.splitting import sentence_key
from model_pool.workshop.errors import DataInvalid, RecipeInvalid
from model_pool.workshop.mix.step import STEP as MIX
from model_pool.workshop.mix.step import MixOptions
from model_pool.workshop.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "build")


def write(path: Path, *lines: str) -> Artifact:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return open_artifact([path])


def make(workspace: Workspace, inputs: dict[str, Artifact], **options: object) -> Artifact:
    return workspace.make(STEP, inputs, CorpusOptions.model_validate(options)).artifact


def split(corpus: Artifact, name: str = "train") -> set[Pair]:
    return set(read_corpus(corpus, name))


def figures(made: Artifact) -> dict[str, Any]:
    assert made.lineage is not None
    return made.lineage.figures


def test_pairs_are_cleaned_and_what_was_dropped_is_told(workspace: Workspace, tmp_path: Path) -> None:
    lines = ["Hello\tOlá", "Hello\tOlá", "Hello \t Ola\u0301", "\tx", "OK\tOK", "Привет\tOlá", f"Hi\t{'x' * 90}"]
    made = make(workspace, {"pairs": write(tmp_path / "a.tsv", *lines)}, valid=0, test=0, source_script="latin")
    assert split(made) == {Pair("Hello", "Olá")}
    told = json.loads((made.path / "report.json").read_text())
    assert told["dropped"] == figures(made)["dropped"]
    assert told["dropped"] == {
        "duplicate": 2, "empty": 1, "lengths too different": 1, "target repeats the source": 1, "wrong script": 1,
    }  # fmt: skip
    assert told["examples"]["wrong script"] == [["Привет", "Olá"]]
    assert (told["read"], told["written"]) == (7, {"train": 1, "valid": 0, "test": 0})


def test_same_sentence_is_never_on_both_sides(workspace: Workspace, tmp_path: Path) -> None:
    forms = ("sentence {} here", "Sentence {} here.", "SENTENCE {} HERE!")
    lines = [f"{form.format(index)}\ttarget {index} {form[0]}" for index in range(300) for form in forms]
    made = make(workspace, {"pairs": write(tmp_path / "a.tsv", *lines)}, valid=0.2, test=0.2)
    keys = [{sentence_key(pair.source) for pair in split(made, name)} for name in ("train", "valid", "test")]
    assert min(map(len, keys)) > 30
    assert sum(map(len, keys)) == len(set.union(*keys)) == 300


def test_held_out_origin_is_held_out_wherever_its_sentences_stand(workspace: Workspace, tmp_path: Path) -> None:
    lines = ["web\tHello.\tOlá.", "help\thello\tolá", "web\tBye\tTchau", "help\tSave it\tSalve"]
    made = make(
        workspace,
        {"pairs": write(tmp_path / "a.tsv", *lines)},
        columns=("origin", "source", "target"),
        test_origins=("help",),
        valid=0,
        test=0,
    )
    assert split(made, "test") == {Pair("hello", "olá"), Pair("Save it", "Salve")}
    assert split(made) == {Pair("Bye", "Tchau")}
    assert figures(made)["dropped"] == {"held out": 1}


def test_variants_are_made_after_the_split_of_what_is_trained_only(workspace: Workspace, tmp_path: Path) -> None:
    lines = [f"Word {'abcdefghij'[index % 10] * (1 + index // 10)}\tPalavra {index}x" for index in range(100)]
    made = make(workspace, {"pairs": write(tmp_path / "a.tsv", *lines)}, variants=True, valid=0, test=0.3)
    trained, tested = split(made), split(made, "test")
    assert {pair.source for pair in tested} < {line.split("\t")[0] for line in lines}
    assert len(trained) == 6 * (100 - len(tested))
    assert not {sentence_key(pair.source) for pair in trained} & {sentence_key(pair.source) for pair in tested}


def test_two_directions_hold_out_the_same_pairs(workspace: Workspace, tmp_path: Path) -> None:
    source = {"pairs": write(tmp_path / "a.tsv", *(f"one {index}\tum {index}" for index in range(200)))}
    forth = make(workspace, source, test=0.2, valid=0, prefix=">>pt<<")
    back = make(workspace, source, test=0.2, valid=0, prefix=">>en<<", reverse=True, split_by="target")
    assert len(split(forth, "test")) > 20
    plain = {(pair.source.removeprefix(">>pt<< "), pair.target) for pair in split(forth, "test")}
    assert plain == {(pair.target, pair.source.removeprefix(">>en<< ")) for pair in split(back, "test")}


def test_text_of_one_language_is_a_corpus_too(workspace: Workspace, tmp_path: Path) -> None:
    text = write(tmp_path / "a.tsv", "web\tHello", "web\tBye")
    made = make(workspace, {"pairs": text}, columns=("origin", "source"), valid=0, test=0)
    assert set(read_corpus(made, columns=("source",))) == {Pair("Hello"), Pair("Bye")}
    twice = workspace.make(MIX, {"corpora": made}, MixOptions(times=(2,))).artifact
    assert len(list(read_corpus(twice, columns=("source",)))) == 4


def test_files_side_by_side_are_read_line_by_line(workspace: Workspace, tmp_path: Path) -> None:
    english, portuguese = write(tmp_path / "a.en", "Hello", "", "Bye"), write(tmp_path / "a.pt", "Olá", "", "Tchau")
    inputs = {"sources": english, "targets": portuguese}
    assert split(make(workspace, inputs, valid=0, test=0)) == {Pair("Hello", "Olá"), Pair("Bye", "Tchau")}
    inputs["targets"] = write(tmp_path / "b.pt", "Olá")
    with pytest.raises(DataInvalid, match="do not have the same number of lines"):
        make(workspace, inputs)
    del inputs["targets"]
    with pytest.raises(RecipeInvalid, match="either pairs, or sources and targets"):
        make(workspace, inputs)


def test_corpus_of_which_nothing_is_left_is_an_error(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(DataInvalid, match=r"Nothing is left of 1 lines: \{.*empty"):
        make(workspace, {"pairs": write(tmp_path / "a.tsv", "\tx")})


def test_mixture_repeats_and_samples_and_trains_on_nothing_held_out(workspace: Workspace, tmp_path: Path) -> None:
    large = make(
        workspace,
        {"pairs": write(tmp_path / "a.tsv", *(f"large {index}\tg {index}" for index in range(400)))},
        test=0.1, valid=0.1,
    )  # fmt: skip
    tested = sorted(pair.source for pair in split(large, "test"))
    gold = write(tmp_path / "gold.tsv", "Gold\tOuro", f"{tested[0].upper()}!\tleak")
    asked = write(tmp_path / "asked.tsv", "large 7\tx")
    both = open_artifact([large.path, gold.path])
    made = workspace.make(MIX, {"corpora": both, "held_out": asked}, MixOptions(times=(0.5, 3), most_valid=5)).artifact
    trained = [pair.source for pair in read_corpus(made)]
    assert trained.count("Gold") == 3
    assert not any(sentence_key(source) in {sentence_key(one) for one in (*tested, "large 7")} for source in trained)
    assert 0.35 < (len(trained) - 3) / len(split(large)) < 0.65
    assert len(split(made, "valid")) == 5
    assert split(made, "test") == split(large, "test")
    with pytest.raises(RecipeInvalid, match="1 times are given for 2 corpora"):
        workspace.make(MIX, {"corpora": both}, MixOptions(times=(1,)))
