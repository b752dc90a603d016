from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import cutting
from app.text.cutting import cut
from app.text.document import Range
from app.text.inline import Mark, Segment
from tests.app.text.test_projection import segments


def outside_literals(segment: Segment, edges: list[int]) -> list[Range]:
    """Ranges between edges of which none is inside a literal."""
    literals = [mark for mark in segment.marks if mark.literal is not None]
    kept = sorted({edge for edge in edges if not any(one.start < edge < one.end for one in literals)})
    return [(start, end) for start, end in zip(kept[::2], kept[1::2], strict=False) if start < end]


@given(segments(), st.data())
def test_text_joined_of_its_own_segments_is_the_source(segment: Segment, data: st.DataObject) -> None:
    edges = data.draw(st.lists(st.integers(0, len(segment.text)), max_size=8))
    apart = cut(segment, outside_literals(segment, edges))
    assert apart.joined(apart.segments).source == segment.source


@given(segments(), st.data())
def test_every_mark_is_there_once_whatever_the_segments_became(segment: Segment, data: st.DataObject) -> None:
    edges = data.draw(st.lists(st.integers(0, len(segment.text)), max_size=8))
    apart = cut(segment, outside_literals(segment, edges))
    longer = [
        Segment("um " + one.text, tuple(replace(mark, start=mark.start + 3, end=mark.end + 3) for mark in one.marks))
        for one in apart.segments
    ]
    made = apart.joined(longer)
    assert sorted((mark.before, mark.after, mark.literal or "") for mark in made.marks) == sorted(
        (mark.before, mark.after, mark.literal or "") for mark in segment.marks
    )
    for mark in made.marks:
        assert 0 <= mark.start <= mark.end <= len(made.text)


def test_pair_over_two_sentences_keeps_one_tag_in_each() -> None:
    whole = Segment("One two. Three four.", (Mark(4, 14, before="<b>", after="</b>"),))
    first, second = cut(whole, [(0, 8), (9, 20)]).segments
    assert first.marks == (Mark(4, 8, before="<b>", key=0),)
    assert second.marks == (Mark(0, 5, after="</b>", key=0),)
    moved = [
        Segment("dois Um.", (replace(first.marks[0], start=0, end=4),)),
        Segment("Quatro três.", (replace(second.marks[0], start=0, end=11),)),
    ]
    assert cut(whole, [(0, 8), (9, 20)]).joined(moved).source == "<b>dois Um. Quatro três</b>."


@pytest.mark.parametrize("around", [Mark(0, 8, before="<p>", after="</p>"), Mark(0, 0, before="<hr>")])
def test_markup_at_the_edge_is_in_the_gap(around: Mark) -> None:
    (segment,) = cut(Segment("One two.", (around,)), [(0, 8)]).segments
    assert segment == Segment("One two.")


def test_no_range_looks_at_the_marks_of_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Mark] = []
    clipped = cutting._clipped

    def look(mark: Mark, start: int, end: int) -> Mark | None:
        looked.append(mark)
        return clipped(mark, start, end)

    monkeypatch.setattr(cutting, "_clipped", look)
    text = "Say {a}. " * 500
    whole = Segment(text, tuple(Mark(at, at + 3, literal="{a}") for at in range(4, len(text), 9)))
    assert len(cut(whole, [(at, at + 8) for at in range(0, len(text), 9)]).segments) == 500
    assert len(looked) == 500
