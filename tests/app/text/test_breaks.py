# ruff: noqa: RUF001
from __future__ import annotations

import pytest

from app.text.breaks import best


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("One thing. Another; and, more words", "One thing."),
        ("One thing and; another, more words here", "One thing and;"),
        ("One thing and more, other words there", "One thing and more,"),
        ("One thing (or two of them) and the rest", "One thing (or two of them)"),
        ("One thing – another thing of this kind", "One thing"),
        ("Nothing but words in this one", "Nothing but"),
        ("Meet Mr. Smith and Dr. No today now", "Meet Mr. Smith and"),
        ("at-10:30:45-or-so-in-the-morning", "at-10:30:45-or-"),
        ("我们去公园，然后回家。后来睡觉了呢", "我们去公园，然后回家。"),
        ("今天天气很好，我们一起去公园散步", "今天天气很好，"),
        ("abc你好def", "abc你"),
    ],
)
def test_best_kind_of_break_wins(text: str, left: str) -> None:
    assert text[: best(text, 1, len(text) - 1, len(text) // 2)] == left


def test_no_break_space_is_not_a_break() -> None:
    text = "5\u00a0000\u00a0km\u202f! abcdefghij"
    assert text[: best(text, 1, len(text) - 1, 4)] == "5\u00a0000\u00a0km\u202f!"


def test_line_of_kanji_never_starts_with_a_small_kana() -> None:
    text = "ああああっああ"
    assert best(text, 1, len(text) - 1, 4) != 4


def test_text_without_any_break_is_cut_at_the_target() -> None:
    assert best("aaaaaaaa", 2, 6, 5) == 5
