from __future__ import annotations

import pytest

from app.text.markup import Format, Options
from tests.app.text.markup import models, samples
from tests.app.text.markup.markdown_skeleton import markdown_skeleton

HTML = Options(Format.HTML)
XML = Options(Format.XML, ignore_tags=frozenset({"xliff:g"}))
MARKDOWN = Options(Format.MARKDOWN)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (samples.MAIL, HTML),
        (samples.ENCYCLOPEDIA, HTML),
        (samples.README, MARKDOWN),
        (samples.README, HTML),
        (samples.STRINGS, XML),
    ],
)
def test_a_sample_comes_back_byte_for_byte(text: str, options: Options) -> None:
    assert models.translate(text, options, models.same) == text
    windows = text.replace("\n", "\r\n")
    assert models.translate(windows, options, models.same) == windows


def test_the_words_of_a_mail_are_found() -> None:
    assert models.texts(samples.MAIL, HTML) == [
        "Hi Ana,",
        "Thanks for the quick reply – the files are here.",  # noqa: RUF001
        "Let me know!",
        "From: Tom <tom@example.com>",
        "Our logo",
    ]


def test_the_words_of_an_encyclopedia_are_found() -> None:
    assert models.texts(samples.ENCYCLOPEDIA, HTML) == [
        "The tea plant (Camellia sinensis) is an evergreen shrub[1] that grows at 1,500\N{NO-BREAK SPACE}metres.",
        "Family",
        "Theaceae",
        "Height",
        "2 m",
        "(6 ft 7 in)",
        "Evergreen",
    ]


def test_the_words_of_a_readme_are_found() -> None:
    assert models.texts(samples.README, MARKDOWN) == [
        "Project",
        "A fast server for things, written in Python. It needs Python 3.11 or newer.",
        "Install",
        "Open config.toml",
        'Set name = "x" and save:',
        "Do not use this in production, see the notes.",
        "Option",
        "Meaning",
        "Say more",
        "Say | print less",
        "Works",
        "Is finished",
        "It never is.",
        "More",
        "Some more words.",
        "Build status",
        "PyPI",
        "License",
    ]


def test_the_words_of_interface_strings_are_found() -> None:
    assert models.texts(samples.STRINGS, XML) == [
        "Hello, %1$s!",
        "I accept the terms & conditions",
        "One file",
        "%d files",
        "Read this first",
    ]


def test_a_readme_keeps_its_tokens_where_words_change() -> None:
    options = Options(Format.MARKDOWN, attributes=False)
    changed = models.translate(samples.README, options, models.upper)
    kept = [token for token in markdown_skeleton(changed) if "html_block" not in str(token)]
    assert kept == [token for token in markdown_skeleton(samples.README) if "html_block" not in str(token)]


@pytest.mark.parametrize("model", [models.upper, models.backwards, models.hostile])
def test_samples_keep_their_trees_where_words_change(model: models.Model) -> None:
    ordered = model is not models.backwards
    for text in (samples.MAIL, samples.ENCYCLOPEDIA):
        changed = models.translate(text, Options(Format.HTML, attributes=False), model)
        assert models.html_skeleton(changed, ordered=ordered) == models.html_skeleton(text, ordered=ordered)
    changed = models.translate(samples.STRINGS, XML, model).partition("?>")[2]
    expected = models.xml_skeleton(samples.STRINGS.partition("?>")[2], ordered=ordered)
    assert models.xml_skeleton(changed, ordered=ordered) == expected
