from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.textual.marked import _NOT_IN_XML, NUMBERED, content_of, unit_of, woven
from app.text.markup import Block, Blocks, Format, Options, parse
from tests.app.documents.textual.models import by
from tests.app.text.markup import models, strategies

MODELS = [models.same, models.upper, models.backwards, models.hostile]


def _block(text: str, format_: Format = Format.HTML) -> Block:
    (block,) = parse(text, Options(format_)).blocks
    return block


def test_tags_travel_as_numbers_and_words_without_tags_as_they_are() -> None:
    assert unit_of(_block("<p>1 &lt; 2 words</p>")).text == "1 < 2 words"
    marked = unit_of(_block("Press <b>Save</b> &amp; <img src=x>close <code>a</code> or be<wbr>tter"))
    assert marked.text == 'Press <g i="0">Save</g> &amp; <x i="1"/>close <k i="2">a</k> or be<wbr i="3"/>tter'


@pytest.mark.parametrize("translation", ["no tag", '<g i="0">a</g><g i="0">b</g>', '<g i="1">a</g>', "a<x/>"])
def test_a_translation_without_every_tag_once_is_an_error(translation: str) -> None:
    with pytest.raises(ValueError, match="1 tags went out"):
        woven(_block("Press <b>Save</b>"), translation)


@pytest.mark.parametrize("format_", [Format.HTML, Format.MARKDOWN])
@given(text=strategies.html() | strategies.soup() | strategies.markdown())
def test_words_and_tags_that_travel_as_numbers_come_back_as_if_they_had_not(text: str, format_: Format) -> None:
    blocks = parse(text, Options(format_))
    for model in MODELS:
        assert _through_units(blocks, model) == models.translate(text, Options(format_), model)


def _through_units(blocks: Blocks, model: models.Model) -> str:
    content = content_of(blocks, lambda text: text.encode("utf-8", "surrogatepass"))
    return content.write([by(model)(unit) for unit in content.units], "pt").decode("utf-8", "surrogatepass")


@given(strategies.soup() | st.text(st.sampled_from("a \x01\ud800<b>/\n")))
def test_a_unit_is_one_block_for_the_translator_with_the_same_words(text: str) -> None:
    for block in parse(text, Options(Format.HTML)).blocks:
        unit = unit_of(block)
        if unit.markup is not None:
            (again,) = parse(unit.text, NUMBERED).blocks
            assert again.text == _NOT_IN_XML.sub("", block.text)
