from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.app.documents.textual.models import marked, read, same, texts, translated

LINES = st.lists(st.sampled_from(["Hello.", "  two words", "", " \t", "42", "— !", "\ufeff", "日本語"]))
ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\u2028", "\x0b", ""])
TEXTS = st.lists(st.tuples(LINES.map(" ".join), ENDS).map("".join), min_size=1).map("".join).filter(bool)


def test_every_paragraph_is_a_unit_and_keeps_its_lines() -> None:
    assert texts("\ufeffOne\r\ntwo\r\n\r\n  Three \n\n***\n\nFour", "a.txt") == ["One\r\ntwo", "Three", "Four"]


@given(TEXTS)
def test_a_text_comes_back_byte_for_byte(text: str) -> None:
    assert translated(text, "a.txt", same) == text.encode()


@given(TEXTS)
def test_only_units_change(text: str) -> None:
    changed = translated(text, "a.txt", marked).decode()
    assert changed.replace("«", "").replace("»", "") == text
    assert changed.count("«") == len(read(text, "a.txt").units)


def test_a_long_paragraph_is_several_units_that_end_with_lines() -> None:
    units = texts("A line of words.\n" * 1_000, "a.txt")
    assert len(units) == 9
    assert all(one.startswith("A line") and one.endswith("words.") for one in units)


def test_utf_16_comes_back_as_utf_16() -> None:
    assert translated("a\r\n\r\nb".encode("utf-16"), "a.txt", ["é", "日"]) == "é\r\n\r\n日".encode("utf-16")


def test_hostile_text_takes_linear_time() -> None:
    for text in ("\n" * 1_000_000, "word " * 200_000, "a\n\n" * 300_000, " " * 1_000_000):
        assert translated(text, "a.txt", same) == text.encode()
