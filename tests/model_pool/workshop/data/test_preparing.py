from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_pool.workshop.data.cleaning import Dropped, Limits, cleaned, fault, written_in
from model_pool.workshop.data.pairs import Pair, read_pairs
from model_pool.workshop.data.splitting import sentence_key, split_of
from model_pool.workshop.data.variants import variants
from model_pool.workshop.data.writing import CorpusWriter


def test_cleaning_composes_and_tidies() -> None:
    assert cleaned(Pair(" cafe\u0301 \t au\u00a0lait\ufeff", "a\r\nb\x00c")) == Pair("café au lait", "a b c")


@pytest.mark.parametrize(
    ("pair", "limits", "why"),
    [
        (Pair("a", "b"), Limits(), None),
        (Pair("", "b"), Limits(), Dropped.EMPTY),
        (Pair("a", ""), Limits(), Dropped.EMPTY),
        (Pair("a", ""), Limits(mono=True), None),
        (Pair("a" * 11, "b"), Limits(longest=10), Dropped.LONG),
        (Pair("a" * 10, "b"), Limits(longest=10, ratio=2), None),
        (Pair("a" * 60, "b" * 20), Limits(ratio=2), Dropped.RATIO),
        (Pair("Firefox", "Firefox"), Limits(), Dropped.COPY),
        (Pair("Firefox", "Firefox"), Limits(copies=True), None),
        (Pair("Привет", "Hello"), Limits(source_script="latin"), Dropped.SCRIPT),
        (Pair("Hello", "Привет"), Limits(source_script="latin", target_script="cyrillic"), None),
    ],
)
def test_pair_is_dropped_for_a_reason(pair: Pair, limits: Limits, why: Dropped | None) -> None:
    assert fault(pair, limits) is why


def test_text_without_letters_is_written_in_every_script() -> None:
    assert written_in("1 + 1 = 2", "cyrillic")
    assert written_in("日本語のテキスト", "cjk+hiragana+katakana")


@pytest.mark.parametrize(
    "other", ["Hello world", "hello world.", "“HELLO world!”", "  hello  world ...", ">>pt<< Hello world"]
)
def test_near_duplicates_have_one_key(other: str) -> None:
    assert sentence_key(other) == sentence_key("hello world")


def test_sentences_that_differ_in_more_have_different_keys() -> None:
    assert len({sentence_key(text) for text in ("a", "b", "a b", "...", "?", "it's", "its")}) == 7


def test_shares_are_kept_and_a_larger_valid_share_moves_no_test_sentence() -> None:
    keys = [f"sentence {index}" for index in range(20_000)]
    small = {key: split_of(key, valid=0.01, test=0.02) for key in keys}
    large = {key: split_of(key, valid=0.10, test=0.02) for key in keys}
    assert 300 < sum(split == "test" for split in small.values()) < 500
    assert {key for key in keys if small[key] == "test"} == {key for key in keys if large[key] == "test"}


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (("Hello", "Olá"), {"Hello", "hello", "Hello.", "hello.", "Hello!", "hello!"}),
        (("Thanks.", "Grato."), {"Thanks.", "thanks.", "Thanks", "thanks", "Thanks!", "thanks!"}),
        (("How are you?", "Como vai?"), {"How are you?", "how are you?", "How are you", "how are you"}),
        (("OK", "OK"), {"OK", "OK.", "OK!"}),
        (("I know", "Eu sei"), {"I know", "I know.", "I know!"}),
        (("Loading...", "Carregando..."), {"Loading...", "loading..."}),
        (("Hello", "¡Hola!"), {"Hello"}),
        (("Yes", "Sim."), {"Yes", "yes"}),
    ],
)  # fmt: skip
def test_variants_are_natural(pair: tuple[str, str], expected: set[str]) -> None:
    made = variants(Pair(*pair))
    assert made[0] == Pair(*pair)
    assert {one.source for one in made} == expected
    assert len(set(made)) == len(made)


@given(st.text(min_size=1), st.text(min_size=1))
def test_every_variant_is_a_near_duplicate_of_its_phrase(source: str, target: str) -> None:
    pair = cleaned(Pair(source, target))
    if pair.source and pair.target:
        assert {sentence_key(one.source) for one in variants(pair)} == {sentence_key(pair.source)}


def test_written_corpus_is_shuffled_the_same_way_each_time(tmp_path: Path) -> None:
    pairs = [Pair(f"source {index}", f"target {index}") for index in range(500)]
    contents = []
    for name in ("a", "b"):
        output = tmp_path / name
        output.mkdir()
        with CorpusWriter(tmp_path / "scratch", seed=3) as writer:
            for pair in pairs:
                writer.add("train", pair)
            writer.finish(output)
        contents.append((output / "train.tsv.gz").read_bytes())
        read = list(read_pairs([output / "train.tsv.gz"]))
        assert read != pairs
        assert set(read) == set(pairs)
        assert [path.name for path in output.iterdir()] == ["train.tsv.gz"]
    assert contents[0] == contents[1]
