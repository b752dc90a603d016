from __future__ import annotations

import pytest

from app.text.inline import Mark
from app.text.markup import Format, Options, parse
from tests.app.text.markup import models

MARKDOWN = Options(Format.MARKDOWN)


def texts(text: str) -> list[str]:
    return models.texts(text, MARKDOWN)


def upper(text: str) -> str:
    return models.translate(text, MARKDOWN, models.upper)


def test_a_paragraph_over_several_lines_is_one_sentence_and_comes_back_on_one() -> None:
    assert texts("> A sentence\n> over *two* lines\n") == ["A sentence over two lines"]
    assert upper("> A sentence\n> over *two* lines\n") == "> A SENTENCE OVER *TWO* LINES\n"


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: a\n---\n",
        "```python\nprint('a')\n```\n",
        "    indented = code\n",
        "[ref]: http://a.b 'Title'\n",
        "![](a.png)\n",
        "<http://a.b>\n",
        "***\n",
        "`code`\n",
        "| 1 | 2 |\n|---|---|\n| 3 | 4 |\n",
    ],
)
def test_what_is_not_prose_is_untouched(text: str) -> None:
    assert texts(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Title #\n", "# TITLE #\n"),
        ("Title\n===\n", "TITLE\n===\n"),
        ("- [x] done\n- [ ] open\n", "- [x] DONE\n- [ ] OPEN\n"),
        ("1. one\n   more\n", "1. ONE MORE\n"),
        ("> [!NOTE]\n> Read this\n", "> [!NOTE]\n> READ THIS\n"),
        ("a `b c` d\n", "A `b c` D\n"),
        ("see [the *docs*](a_b.md 't') now", "SEE [THE *DOCS*](a_b.md 't') NOW"),
        ("see [docs] and [docs][]\n\n[docs]: x", "SEE [DOCS][docs] AND [DOCS][docs]\n\n[docs]: x"),
        ("an ![old dog](d.png) here", "AN ![OLD DOG](d.png) HERE"),
        ("line one  \nline two\\\nline three", "LINE ONE  \nLINE TWO\\\nLINE THREE"),
        ("word[^1]\n\n[^1]: The note\n", "WORD[^1]\n\n[^1]: THE NOTE\n"),
        ("| a | b \\| c |\n|---|---|\n| **d** | `e` |\n", "| A | B \\| C |\n|---|---|\n| **D** | `e` |\n"),
        ("a <b>c</b> <kbd>d</kbd><br>e", "A <b>C</b> <kbd>d</kbd><br>E"),
        (
            "<details>\n<summary>Sum <i>up</i></summary>\n\nText\n\n</details>\n",
            "<details>\n<summary>SUM <i>UP</i></summary>\n\nTEXT\n\n</details>\n",
        ),
        ("a\\*b &copy; c", "A*B &copy; C"),
        ("one\r\ntwo\r\n\r\nthree\r\n", "ONE TWO\r\n\r\nTHREE\r\n"),
    ],
)
def test_words_are_translated_and_markup_stays(text: str, expected: str) -> None:
    assert upper(text) == expected


@pytest.mark.parametrize(
    ("translation", "expected"),
    [
        ("# 1", "\\# 1"),
        ("1986. A year", "1986\\. A year"),
        ("- a dash", "\\- a dash"),
        ("*stars* and __lines__", "\\*stars\\* and \\_\\_lines\\_\\_"),
        ("snake_case stays", "snake_case stays"),
        ("2 * 3 < 4 & 5", "2 * 3 < 4 & 5"),
        ("a [b](c)", "a \\[b\\](c)"),
        ("a <b> c", "a \\<b> c"),
    ],
)
def test_words_that_would_mean_something_are_escaped_and_others_are_not(translation: str, expected: str) -> None:
    (block,) = parse("words", MARKDOWN).blocks
    assert block.woven(translation, ()) == expected


def test_emphasis_that_cannot_be_written_with_stars_is_written_with_tags() -> None:
    (block,) = parse("**Note:** text", MARKDOWN).blocks
    assert block.woven("Nota:texto", [Mark(0, 5, before="**", after="**")]) == "<strong>Nota:</strong>texto"
    assert block.woven("anota", [Mark(1, 5, before="_", after="_")]) == "a*nota*"


def test_a_pipe_in_a_cell_does_not_end_it() -> None:
    (block,) = parse("| a |\n|---|\n", MARKDOWN).blocks
    assert block.woven("x | y", ()) == "x \\| y"


def test_a_cell_at_the_start_of_a_line_does_not_end_the_table() -> None:
    block = parse("a | b\n--|--\nwords | x\n", MARKDOWN).blocks[2]
    assert block.woven("# words", ()) == "\\# words"


def test_html_in_a_quote_is_left_alone() -> None:
    assert texts("> <div>\n> Words\n> </div>\n") == []
