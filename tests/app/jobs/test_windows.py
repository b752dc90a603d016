from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from app.documents import Unit
from app.jobs.windows import WINDOW, digest_of, windows
from app.text.markup import Format, Options

MARKUPS = (None, Options(Format.XML), Options(Format.HTML), Options(Format.XML, ignore_tags=frozenset({"x"})))
UNITS = st.lists(st.builds(Unit, st.integers(0, WINDOW * 2).map("x".__mul__), st.sampled_from(MARKUPS)), max_size=30)


@given(UNITS, st.sets(st.integers(0, 29)))
def test_every_unit_that_is_not_kept_is_in_one_window_of_its_own_markup(units: Sequence[Unit], kept: set[int]) -> None:
    made = list(windows(units, kept))
    assert sorted(place for one in made for place in one.places) == [p for p in range(len(units)) if p not in kept]
    for one in made:
        assert {units[place].markup for place in one.places} == {one.markup}
        assert len(one.places) == 1 or sum(len(units[place].text) for place in one.places) <= WINDOW


@given(UNITS)
def test_a_resumed_document_has_the_windows_that_it_would_have_had(units: Sequence[Unit]) -> None:
    whole = list(windows(units))
    for done in range(len(whole)):
        kept = {place for one in whole[:done] for place in one.places}
        assert list(windows(units, kept)) == whole[done:]


def test_a_window_of_many_small_units_is_bounded() -> None:
    assert [len(one.places) for one in windows([Unit("")] * 1000)] == [400, 400, 200]


def test_digests_tell_texts_their_cuts_and_their_markup_apart() -> None:
    texts = [[Unit("ab")], [Unit("a"), Unit("b")], [Unit("ab", Options(Format.XML))], [Unit("\ud800")], []]
    assert len({digest_of(units) for units in texts}) == len(texts)
