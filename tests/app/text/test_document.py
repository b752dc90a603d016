from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.document import Document, assemble, from_ranges
from tests.app.text.strategies import any_texts


def test_ranges_become_segments_and_the_rest_gaps() -> None:
    assert from_ranges("  one, two", [(2, 5), (7, 10)]) == Document(("  ", ", ", ""), ("one", "two"))


def test_text_without_ranges_is_one_gap() -> None:
    assert from_ranges("42", []) == Document(("42",), ())


@pytest.mark.parametrize("ranges", [[(3, 2)], [(0, 2), (1, 3)], [(0, 9)], [(-1, 2)]])
def test_ranges_that_overlap_or_leave_the_text_are_refused(ranges: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="does not come after"):
        from_ranges("four", ranges)


def test_document_refuses_a_missing_gap() -> None:
    with pytest.raises(ValueError, match="one gap more"):
        Document(("",), ("segment",))


def test_translations_take_the_places_of_their_segments() -> None:
    document = Document(("- ", " ", "\r\n"), ("One.", "Two."))
    assert assemble(document, ["Um.", "Dois."]) == "- Um. Dois.\r\n"


@pytest.mark.parametrize("translations", [[], ["a", "b"]])
def test_assembly_refuses_another_number_of_translations(translations: list[str]) -> None:
    with pytest.raises(ValueError, match="1 segments, but"):
        assemble(Document(("", ""), ("one",)), translations)


@given(any_texts, st.data())
def test_any_cuts_of_any_text_rebuild_it(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=10)))
    document = from_ranges(text, zip(cuts[::2], cuts[1::2], strict=False))
    assert document.source == text
    assert assemble(document, document.segments) == text
