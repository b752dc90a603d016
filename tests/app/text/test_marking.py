from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.text.inline import Mark, Segment
from app.text.marking import with_literals


def literals(edges: list[int]) -> list[Mark]:
    """Marks apart from one another."""
    found = sorted(set(edges))
    return [Mark(start, end, literal="x") for start, end in zip(found[::2], found[1::2], strict=False)]


spans = st.lists(st.integers(0, 40), max_size=10).map(literals)


@given(spans, spans, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=1))
def test_literals_are_apart_cross_no_tag_and_the_earlier_finding_wins(
    first: list[Mark], second: list[Mark], tags: list[tuple[int, int]]
) -> None:
    pairs = tuple(Mark(min(tag), max(tag), before="<b>", after="</b>") for tag in tags)
    edges = {edge for pair in pairs for edge in (pair.start, pair.end)}
    made = [mark for mark in with_literals(Segment("x" * 40, pairs), first, second).marks if mark.literal]
    whole = [mark for mark in first if not any(mark.start < edge < mark.end for edge in edges)]
    assert [mark for mark in made if mark in first] == [mark for mark in made if mark in whole]
    assert set(whole) <= set(made)
    assert all(one.end <= other.start for one, other in pairwise(made))
    for mark in set(second) - set(made):
        assert any(mark.start < edge < mark.end for edge in edges) or any(
            mark.start < one.end and one.start < mark.end for one in whole
        )
