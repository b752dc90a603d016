"""Pieces of a text, each written for itself, are the text that is written as a whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.inline import Segment
from app.text.manuscript import Written, following, marked_up, pieces, plain
from app.text.markup import Format, MalformedMarkup, Options
from tests.app.text.markup import strategies as marked
from tests.app.text.strategies import any_texts
from tests.app.text.test_manuscript import divide, find
from tests.app.text.test_preparation import texts

Say = Callable[[Segment], Segment]


def same(segment: Segment) -> Segment:
    return segment


def chinese(segment: Segment) -> Segment:
    """Without spaces between sentences, so gaps depend on their neighbours; what has marks stays."""
    return segment if segment.marks else Segment("你好。")


def thai(segment: Segment) -> Segment:
    return segment if segment.marks else Segment("ฝนตก")


says = st.sampled_from([same, chinese, thai])


def whole(text: str, options: Options | None, say: Say) -> str:
    manuscript = marked_up(text, options, find, divide) if options else plain(text, find, divide)
    return manuscript.assembled([say(one) for one in manuscript.segments])


def piece_by_piece(text: str, options: Options | None, say: Say) -> list[str]:
    before: Written | None = None
    made = []
    for manuscript in pieces(text, options, find, divide):
        now = manuscript, [say(one) for one in manuscript.segments]
        made.append(following(before, now))
        before = now
    return made


@given(any_texts | texts, says)
def test_pieces_of_plain_text_are_all_of_it(text: str, say: Say) -> None:
    assert "".join(piece_by_piece(text, None, say)) == whole(text, None, say)


@given(marked.html() | marked.soup(), says)
def test_pieces_of_html_are_all_of_it(text: str, say: Say) -> None:
    options = Options(Format.HTML)
    assert "".join(piece_by_piece(text, options, say)) == whole(text, options, say)


@given(marked.markdown(), says)
def test_pieces_of_markdown_are_all_of_it(text: str, say: Say) -> None:
    options = Options(Format.MARKDOWN)
    assert "".join(piece_by_piece(text, options, say)) == whole(text, options, say)


def test_plain_text_is_in_as_many_pieces_as_sentences() -> None:
    text = " - One {name}.  Two.\r\nThree!\n"
    assert piece_by_piece(text, None, same) == [" - One {name}.", "  Two.", "\r\nThree!\n"]


def test_block_of_markup_is_a_piece_with_the_attributes_in_it() -> None:
    text = '<p>One. <img alt="a dog"> Two.</p><p title="cat">Three.</p><br>'
    (first, second) = pieces(text, Options(Format.HTML), find, divide)
    assert [one.text for one in first.segments] == ["One.", "Two.", "a dog"]
    assert [one.text for one in second.segments] == ["Three.", "cat"]


def test_text_without_words_is_one_piece() -> None:
    assert piece_by_piece("42 %\n", None, same) == ["42 %\n"]
    assert piece_by_piece("<hr>", Options(Format.HTML), same) == ["<hr>"]
    assert piece_by_piece("", None, same) == [""]


def test_what_cannot_be_read_is_told_before_the_first_piece() -> None:
    with pytest.raises(MalformedMarkup):
        pieces("<a>One.</b>", Options(Format.XML), find, divide)
