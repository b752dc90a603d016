from __future__ import annotations

from collections.abc import Iterable

import pytest

from app.text.cutting import Cut
from app.text.inline import Mark, Segment
from app.text.manuscript import Manuscript, marked_up, plain
from app.text.markup import Format, Options
from app.text.placeholders import placeholders
from app.text.preparation import prepare


def find(text: str) -> list[Iterable[Mark]]:
    return [placeholders(text)]


def divide(whole: Segment) -> Cut:
    return prepare(whole, "en", lambda text: len(text.split()), 99)


def read(text: str, form: Format | None) -> Manuscript:
    return marked_up(text, Options(form), find, divide) if form else plain(text, find, divide)


@pytest.mark.parametrize(
    ("form", "text", "segments"),
    [
        (None, "Hello {name}. 42 %\r\n - Bye!", ["Hello {name}.", "Bye!"]),
        (Format.HTML, '<p class="a">One <b>two. Three</b> &lt;four&gt;.</p><br>5', ["One two.", "Three <four>."]),
        (Format.XML, "<a><b>One {x} two.</b><c/></a>", ["One {x} two."]),
        (Format.MARKDOWN, "# One\n\nTwo *three* `four()`.\n", ["One", "Two three four()."]),
    ],
)
def test_words_are_found_and_their_own_words_give_the_source(
    form: Format | None, text: str, segments: list[str]
) -> None:
    manuscript = read(text, form)
    assert [segment.text for segment in manuscript.segments] == segments
    assert manuscript.assembled(list(manuscript.segments)) == text


def test_literal_in_html_is_written_as_html() -> None:
    manuscript = read("<p>Ask for &lt;b&gt; now.</p>", Format.HTML)
    (segment,) = manuscript.segments
    assert [mark.literal for mark in segment.marks] == ["&lt;b&gt;"]
    assert manuscript.assembled([Segment("Peça agora <b>.", (Mark(11, 14, literal="&lt;b&gt;", key=0),))]) == (
        "<p>Peça agora &lt;b&gt;.</p>"
    )


def test_paragraph_that_cannot_be_read_is_counted() -> None:
    assert read("a *b* " * 2_000, Format.MARKDOWN).skipped == 1
    assert read("a *b*", Format.MARKDOWN).skipped == 0
