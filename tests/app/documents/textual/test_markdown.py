from __future__ import annotations

import pytest
from hypothesis import given

from tests.app.documents.textual.models import by, marked, read, same, texts, translated
from tests.app.text.markup import models, strategies
from tests.app.text.markup.markdown_skeleton import markdown_skeleton

PAGE = """\ufeff---
title: Stays
---
# A *title*

> - A line
>   and `its` [end][docs]

```
code
```

| One | Two \\| half |
|-----|-----|
| <b>x</b> | 3 |

[docs]: http://example.org 'Stays too'
"""


def test_headings_paragraphs_and_cells_are_units() -> None:
    assert texts(PAGE, "a.md") == [
        'A <g i="0">title</g>',
        'A line and <k i="0">its</k> <g i="1">end</g>',
        "One",
        "Two | half",
        "x",
    ]


def test_only_words_change() -> None:
    assert translated(PAGE, "a.markdown", marked).decode() == (
        PAGE.replace("A *title*", "«A *title*»")
        .replace("A line\n>   and `its` [end][docs]", "«A line and `its` [end][docs]»")
        .replace("One", "«One»")
        .replace("Two \\| half", "«Two \\| half»")
        .replace("<b>x</b>", "<b>«x»</b>")
    )


def test_a_passage_that_cannot_be_read_is_noted() -> None:
    data = "*a* " * 5_000
    assert "1 passage(s)" in read(data, "a.md").notes[0]
    assert translated(data, "a.md", same) == data.encode()


@given(strategies.markdown() | strategies.html())
def test_any_markdown_comes_back_byte_for_byte(text: str) -> None:
    for model in (same, by(models.same)):
        assert translated("x" + text, "a.md", model) == ("x" + text).encode()


@given(strategies.markdown())
def test_translated_markdown_has_the_same_structure(text: str) -> None:
    changed = translated("x" + text, "a.md", by(models.upper)).decode()
    assert markdown_skeleton(changed) == markdown_skeleton("x" + text)


@pytest.mark.parametrize("unit", ["[", "* ", "<b>", "**a ", "`", "\n> a", "![", "\\", "| a "])
def test_hostile_markdown_takes_sensible_time(unit: str) -> None:
    data = ("a" + unit * 20_000).encode()
    assert translated(data, "a.md", same) == data
