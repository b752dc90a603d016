from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.text.inline import Segment
from app.text.marking import with_literals
from app.text.placeholders import placeholders
from app.text.preparation import halve, prepare
from app.text.segmentation import Split

PARTS = ["Hello {name}. ", "See https://a.example/x.html! ", "%s", " 😀 ", "\r\n", "One two. ", "<b>", "</b>", "家。"]
texts = st.text(max_size=80) | st.lists(st.sampled_from(PARTS), max_size=12).map("".join)


def words(text: str) -> int:
    return len(text.split())


@given(texts, st.integers(1, 9), st.sampled_from(Split))
def test_source_is_rebuilt_and_no_literal_is_cut(text: str, limit: int, split: Split) -> None:
    whole = with_literals(Segment(text), placeholders(text))
    apart = prepare(whole, "en", words, limit, split)
    assert apart.joined(apart.segments).source == text
    for mark in whole.marks:
        assert all(
            end <= mark.start or mark.end <= start or start <= mark.start < mark.end <= end
            for start, end in apart.ranges
        )


def sentences(text: str) -> list[str]:
    return [one.text for one in prepare(with_literals(Segment(text), placeholders(text)), "en", words, 99).segments]


def test_placeholder_alone_is_no_segment() -> None:
    assert sentences("{count}\nhttps://a.example/b\nThe house.") == ["The house."]


def test_sentence_that_a_placeholder_joins_is_one_segment() -> None:
    found = sentences("Ask at https://a.example/What?is=it&x=1. And go.")
    assert found == ["Ask at https://a.example/What?is=it&x=1.", "And go."]


def test_halves_keep_their_marks() -> None:
    text = "The house of {name} is red and the garden of {other} is green today."
    whole = with_literals(Segment(text), placeholders(text))
    halves = halve(whole, words)
    assert len(halves.segments) >= 2
    assert sum(len(one.marks) for one in halves.segments) == 2
    assert halves.joined(halves.segments).source == text
