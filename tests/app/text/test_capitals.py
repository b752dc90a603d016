from __future__ import annotations

import pytest
from hypothesis import given

from app.text.capitals import hushed, is_shouted, raised
from tests.app.text.strategies import any_texts


@pytest.mark.parametrize(
    "text", ["HELLO!", "DO NOT OPEN", "É PROIBIDO FUMAR", "WE ARE ON IT", "ПРИВЕТ МИР", "42 ITEMS"]
)
def test_text_in_capitals_is_shouted(text: str) -> None:
    assert is_shouted(text)


@pytest.mark.parametrize("text", ["NASA", "JSON API", "HTML5", "Hello", "HELLO there", "42", "", "你好世界你好", "OK"])
def test_abbreviations_and_mixed_cases_are_not(text: str) -> None:
    assert not is_shouted(text)


def test_what_is_skipped_neither_counts_nor_changes() -> None:
    text, skip = "HELLO {name}, GOOD MORNING", [(6, 12)]
    assert not is_shouted(text)
    assert is_shouted(text, skip)
    assert hushed(text, skip) == "Hello {name}, good morning"
    assert raised(hushed(text, skip), skip) == text


def test_first_letter_stays_a_capital_behind_punctuation() -> None:
    assert hushed("¿QUÉ PASA?") == "¿Qué pasa?"


@given(any_texts)
def test_every_character_keeps_its_place(text: str) -> None:
    assert len(hushed(text)) == len(raised(text)) == len(text)


def test_sharp_s_keeps_its_place() -> None:
    assert raised("straße") == "STRAẞE"
