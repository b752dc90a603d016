# ruff: noqa: RUF001
from __future__ import annotations

import pytest
from hypothesis import given

from app.text.characters import has_letter, is_grapheme_boundary, is_unspaced, trimmed
from tests.app.text.strategies import any_texts


@pytest.mark.parametrize("text", ["", " \n", "42", "3.14 €", "...", "?!", "😀👍🏽", "→ • —", "\u0301", "١٢٣", "½"])
def test_text_without_letters_is_nothing_to_translate(text: str) -> None:
    assert not has_letter(text)


@pytest.mark.parametrize("text", ["a", "ª", "你", "ก", "ا", "क", "42a", "𝐀", "😀 ok"])
def test_one_letter_is_something_to_translate(text: str) -> None:
    assert has_letter(text)


@pytest.mark.parametrize("character", list("ไทยລາວမြခ្មあア漢々ｱ𠀀"))
def test_scripts_without_spaces_are_known(character: str) -> None:
    assert is_unspaced(character) or not character.isalpha()


@pytest.mark.parametrize("character", list("aéжαاक한1.。"))
def test_scripts_with_spaces_and_punctuation_are_not_taken_for_them(character: str) -> None:
    assert not is_unspaced(character)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  a\u00a0", "a"),
        ("\ufeffa\u200f", "a"),
        ("✅ Done 🎉🎉", "Done"),
        ("👩\u200d💻 dev 👩\u200d💻", "dev"),
        ("cafe\u0301 ", "cafe\u0301"),
        ("step 1\ufe0f\u20e3", "step 1\ufe0f\u20e3"),
        ("thumb 👍🏽", "thumb"),
        ("“a?”", "“a?”"),
        ("¿a", "¿a"),
        ("\u0301", ""),
        ("", ""),
    ],
)
def test_edges_are_trimmed_without_breaking_characters(text: str, kept: str) -> None:
    start, end = trimmed(text, 0, len(text))
    assert text[start:end] == kept


@given(any_texts)
def test_trimming_never_takes_a_letter(text: str) -> None:
    start, end = trimmed(text, 0, len(text))
    assert not has_letter(text[:start] + text[end:])


@pytest.mark.parametrize(
    "character",
    [
        "e\u0301",
        "\r\n",
        "👩\u200d👩\u200d👧\u200d👦",
        "👍🏽",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "🇧🇷",
        "🏴\U000e0067\U000e0062\U000e007f",
        "क्ष",
        "\u1112\u1161\u11ab",
        "เก",
        "กำ",
    ],
)
def test_what_reads_as_one_character_is_never_cut(character: str) -> None:
    text = f"a{character}b"
    inside = range(2, 1 + len(character))
    assert not any(is_grapheme_boundary(text, at) for at in inside)
    assert is_grapheme_boundary(text, 1)
    assert is_grapheme_boundary(text, 1 + len(character))


def test_flags_are_cut_in_pairs() -> None:
    text = "🇧🇷🇵🇹"
    assert [at for at in range(1, 4) if is_grapheme_boundary(text, at)] == [2]
