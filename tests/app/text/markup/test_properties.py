from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.text.inline import Mark
from app.text.markup import Format, MalformedMarkup, Options, parse
from tests.app.text.markup import models, strategies
from tests.app.text.markup.markdown_skeleton import markdown_skeleton

HTML, MARKDOWN = Options(Format.HTML), Options(Format.MARKDOWN)
# Attributes are left out where skeletons are compared: they are translated, so they differ.
PLAIN_HTML = Options(Format.HTML, attributes=False)
XML = st.sampled_from(
    [
        Options(Format.XML, attributes=False),
        Options(Format.XML, attributes=False, ignore_tags=frozenset({"x"})),
        Options(Format.XML, attributes=False, outline_detection=False, splitting_tags=frozenset({"par"})),
        Options(Format.XML, attributes=False, non_splitting_tags=frozenset({"item"})),
    ]
)


@given(strategies.html() | strategies.soup() | st.text())
def test_html_comes_back_byte_for_byte_where_nothing_is_changed(text: str) -> None:
    assert models.translate(text, HTML, models.same) == text


@given(strategies.xml(), XML)
def test_xml_comes_back_byte_for_byte_where_nothing_is_changed(text: str, options: Options) -> None:
    assert models.translate(text, options, models.same) == text


@given(strategies.markdown() | strategies.html() | st.text())
def test_markdown_comes_back_byte_for_byte_where_nothing_is_changed(text: str) -> None:
    assert models.translate(text, MARKDOWN, models.same) == text


@given(strategies.html() | strategies.soup())
def test_html_keeps_its_tree_where_words_change(text: str) -> None:
    expected = models.html_skeleton(text, ordered=True)
    assert models.html_skeleton(models.translate(text, PLAIN_HTML, models.upper), ordered=True) == expected
    assert models.html_skeleton(models.translate(text, PLAIN_HTML, models.hostile), ordered=True) == expected


@given(strategies.html() | strategies.soup())
def test_html_keeps_its_tree_where_words_move(text: str) -> None:
    moved = models.translate(text, PLAIN_HTML, models.backwards)
    assert models.html_skeleton(moved, ordered=False) == models.html_skeleton(text, ordered=False)


@given(strategies.xml(), XML)
def test_xml_keeps_its_tree_where_words_change_or_move(text: str, options: Options) -> None:
    for model in (models.upper, models.hostile):
        changed = models.translate(text, options, model)
        assert models.xml_skeleton(changed, ordered=True) == models.xml_skeleton(text, ordered=True)
    moved = models.translate(text, options, models.backwards)
    assert models.xml_skeleton(moved, ordered=False) == models.xml_skeleton(text, ordered=False)


@given(strategies.markdown())
@example("snake_case **un*even** x")
def test_markdown_keeps_its_tokens_where_words_change(text: str) -> None:
    changed = models.translate(text, MARKDOWN, models.upper)
    assert markdown_skeleton(changed) == markdown_skeleton(text)


@given(strategies.markdown())
def test_markdown_keeps_its_blocks_where_words_mean_something_or_move(text: str) -> None:
    expected = markdown_skeleton(text, inline=False)
    for model in (models.hostile, models.backwards):
        assert markdown_skeleton(models.translate(text, MARKDOWN, model), inline=False) == expected


@given(st.text(alphabet="<>/ab&;!-[]?'\"= \n", max_size=60), st.sampled_from(Format))
def test_any_text_is_parsed_and_comes_back_or_is_refused_with_a_reason(text: str, format_: Format) -> None:
    try:
        back = models.translate(text, Options(format_), models.same)
    except MalformedMarkup:
        assert format_ is Format.XML
    else:
        assert back == text


@given(strategies.html() | strategies.soup())
def test_marks_are_in_order_nested_and_inside_of_their_text(text: str) -> None:
    for block in parse(text, HTML).blocks:
        _check(block.text, block.marks)


def _check(text: str, marks: Sequence[Mark]) -> None:
    assert list(marks) == sorted(marks, key=lambda mark: (mark.start, -mark.end))
    around: list[Mark] = []
    for mark in marks:
        assert 0 <= mark.start <= mark.end <= len(text)
        while around and around[-1].end <= mark.start:
            around.pop()
        assert not around or mark.end <= around[-1].end
        assert not around or around[-1].literal is None
        if not mark.is_empty:
            around.append(mark)


def test_a_number_of_translations_that_is_not_the_number_of_blocks_is_an_error() -> None:
    with pytest.raises(ValueError, match="1 blocks, but 0"):
        parse("Hello", HTML).render([])
