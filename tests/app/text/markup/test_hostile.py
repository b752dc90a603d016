from __future__ import annotations

import time

import pytest

from app.text.markup import Format, MalformedMarkup, Options, parse
from app.text.markup.markdown import LONGEST
from tests.app.text.markup import models

pytestmark = pytest.mark.slow

SECONDS = 30.0
"""Far above what linear time takes here, far below what quadratic time would."""

DEPTH = 100_000
MILLION = 1_000_000


def _times(unit: str, length: int) -> str:
    return unit * (length // len(unit))


@pytest.mark.parametrize(
    "text",
    [
        _times("<", MILLION),
        _times("</", MILLION),
        _times("<!--", MILLION),
        _times('<a href="', MILLION),
        _times("<a b=", MILLION),
        "<a " + _times("= ", MILLION),
        _times("<?php ", MILLION),
        _times("<%", MILLION),
        _times("&", MILLION),
        _times("\0", MILLION),
        _times("<script>", MILLION),
        "<b>" * DEPTH + "x" + "</b>" * DEPTH,
        "<b>x" * (DEPTH // 8),
        "<div>" * (DEPTH // 4) + "x",
        "<i>" * (DEPTH // 4) + "<li></li>" * (DEPTH // 4),
        "<b>" * (DEPTH // 4) + "</i>" * (DEPTH // 4),
        "<i>a<b>c</i>d</b>" * (DEPTH // 16),
        "<p translate=no><b translate=yes>x" * (DEPTH // 16),
        "<code>" * (DEPTH // 4),
    ],
    ids=lambda text: text[:12],
)
def test_hostile_html_takes_linear_time_and_comes_back(text: str) -> None:
    started = time.process_time()
    assert models.translate(text, Options(Format.HTML), models.same) == text
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize(
    "text",
    [
        _times("<", MILLION),
        _times("&", MILLION),
        _times('<a b="', MILLION),
        _times("<![CDATA[", MILLION),
        _times("<!DOCTYPE [", MILLION),
        "<!DOCTYPE a [" + _times('<!ENTITY a "b">', MILLION),
        "<b>" * DEPTH,
        "words \0",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_xml_is_refused_in_linear_time(text: str) -> None:
    started = time.process_time()
    with pytest.raises(MalformedMarkup):
        parse(text, Options(Format.XML))
    assert time.process_time() - started < SECONDS


def test_xml_may_be_as_deep_as_it_likes() -> None:
    text = "<b>" * DEPTH + "words" + "</b>" * DEPTH
    assert models.translate(text, Options(Format.XML), models.upper) == text.replace("words", "WORDS")


@pytest.mark.parametrize(
    "unit", ["[", "![", "[a](", "*a ", "a**b", "`a``", "<", "&", "\\", "_a_ ", "[^1]", "<b>", "|", "~~"]
)
def test_hostile_markdown_takes_bounded_time_and_comes_back(unit: str) -> None:
    text = "\n\n".join([_times(unit, LONGEST - 1)] * 2) + "\n\n" + _times(unit, 100_000)
    started = time.process_time()
    assert models.translate(text, Options(Format.MARKDOWN), models.same) == text
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("unit", [">", "- ", "- a\n", "#", "\t", "\n", "1. ", "| a ", "[a]: b\n", "\0", "word "])
def test_hostile_blocks_of_markdown_take_linear_time_and_come_back(unit: str) -> None:
    text = _times(unit, 40_000)
    started = time.process_time()
    assert models.translate(text, Options(Format.MARKDOWN), models.same) == text
    assert time.process_time() - started < SECONDS


def test_a_long_paragraph_without_markup_is_translated_whatever_its_length() -> None:
    text = "words " * 10_000
    assert models.translate(text, Options(Format.MARKDOWN), models.upper) == text.upper()
