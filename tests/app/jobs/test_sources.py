from __future__ import annotations

import time

import pytest

from app.detection import Undecidable
from app.documents import Content, Unit
from app.errors import PairUnsupported
from app.jobs import DocumentWishes
from app.jobs.orders import Order
from app.jobs.sources import Languages, languages_of, sample
from app.languages import UnknownLanguage
from app.text.markup import Format, Options
from app.tiers import Tier
from tests.app.jobs.house import House, Words

HTML, XML = Options(Format.HTML), Options(Format.XML)


@pytest.fixture
def tier(house: House) -> Tier:
    return house.now.tiers["basic"]


def order(source: str, target: str) -> Order:
    return Order(source, target, None, DocumentWishes())


def content(*units: str, source: str = "") -> Content:
    return Content(tuple(map(Unit, units)), lambda texts, language: b"", source)


def test_a_source_that_was_named_is_used_whatever_the_document_says(tier: Tier) -> None:
    words = Words()
    found = languages_of(order("en-US", "pt-BR"), tier, content("o que", source="pt"), words)
    assert found == Languages("en", "pt")
    assert words.seen == []


def test_a_document_that_says_its_language_is_not_asked(tier: Tier) -> None:
    words = Words()
    assert languages_of(order("auto", "en"), tier, content("hello", source="pt-BR"), words).source == "pt"
    assert words.seen == []


@pytest.mark.parametrize("said", ["fr", "english", "x" * 5000])
def test_a_document_that_says_what_is_not_served_is_detected_and_told_so(tier: Tier, said: str) -> None:
    found = languages_of(order("AUTO", "pt"), tier, content("hello", source=said), Words())
    assert (found.source, found.detected) == ("en", True)
    assert said[:35] in found.notes[0]
    assert len(found.notes[0]) < 200


def test_a_document_in_the_target_language_is_not_translated_and_told_so(tier: Tier) -> None:
    found = languages_of(order("auto", "pt"), tier, content("o que"), Words())
    assert (found.source, found.same) == ("pt", True)
    assert "in Portuguese already" in found.notes[0]


def test_a_document_without_words_has_no_language(tier: Tier) -> None:
    assert languages_of(order("auto", "pt"), tier, content("1", "", "??"), Words()) == Languages("", "pt", same=True)


def test_a_language_that_cannot_be_told_is_an_error(tier: Tier) -> None:
    with pytest.raises(Undecidable):
        languages_of(order("auto", "pt"), tier, content("hm"), Words())


def test_pairs_that_are_not_served_are_errors(tier: Tier) -> None:
    with pytest.raises(UnknownLanguage):
        languages_of(order("auto", "fr"), tier, content("hello"), Words())
    one_way = Tier("basic", "", tier.specs[:1], tier.options, 128, preload=True, policy=tier.policy, fallback="")
    with pytest.raises(PairUnsupported):
        languages_of(order("auto", "en"), one_way, content("o que"), Words())


def test_a_sample_has_the_words_of_the_first_units_and_no_markup() -> None:
    units = [
        Unit("Title"),
        Unit("<style>p {color: red}</style><p>Some <b>bold</b> words</p>", HTML),
        Unit("<g id='1'>more &amp; more</g>", XML),
        Unit("<g>broken", XML),
    ]
    words = sample(units)
    assert "color" not in words
    assert "<" not in words
    for expected in ("Title", "Some", "bold", "more & more"):
        assert expected in words
    assert len(sample([Unit("x" * 100_000)] * 1000)) == 8_000


def test_a_sample_of_an_endless_page_takes_no_time() -> None:
    started = time.monotonic()
    sample([Unit("<script>" * 200_000, HTML), Unit("<p>word</p>" * 200_000, HTML)])
    assert time.monotonic() - started < 3
