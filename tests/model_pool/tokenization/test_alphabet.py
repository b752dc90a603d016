from __future__ import annotations

import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.tokenization import load_tokenizer
from model_pool.tokenization.alphabet import Alphabet
from model_pool.tokenization.base import Tokenizer


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain words", []),
        ("a 家 b", ["家"]),
        ("a 家庭 b", ["家庭"]),
        ("the Łódź station", ["Łódź"]),
        ("x ☂☂ y ☂", ["☂☂", "☂"]),
        ("", []),
    ],
)
def test_runs_and_whole_words_are_found(text: str, found: list[str]) -> None:
    alphabet = Alphabet(lambda character: character.isascii() or character == "ó")
    assert [text[slice(*place)] for place in alphabet.unknown(text)] == found


def test_each_character_is_asked_about_once() -> None:
    asked: list[str] = []

    def knows(character: str) -> bool:
        asked.append(character)
        return True

    alphabet = Alphabet(knows)
    for _ in range(3):
        alphabet.unknown("banana")
    assert sorted(asked) == ["a", "b", "n"]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    checkpoint = Catalog(tmp_path_factory.mktemp("data")).resolve("embedded/en-pt")
    return load_tokenizer(checkpoint.path, checkpoint.manifest)


@pytest.mark.parametrize(
    ("text", "found"), [("The house is red, isn't it?", []), ("a 中文 text", ["中文"]), ("a \ufffd b", ["\ufffd"])]
)
def test_embedded_tokenizer_knows_its_letters(tokenizer: Tokenizer, text: str, found: list[str]) -> None:
    assert [text[slice(*place)] for place in tokenizer.unknown(text)] == found
