# ruff: noqa: RUF001
from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.document import assemble
from app.text.fitting import fit
from app.text.segmentation import segment
from tests.app.text.apart import fitted, segmented
from tests.app.text.strategies import any_texts, languages


def _words(text: str) -> int:
    return len(text.split())


def _bytes(text: str) -> int:
    return len(text.encode())


def _pairs_and_ends(text: str) -> int:
    """Like a subword tokenizer: not additive, and never without its special tokens."""
    return len(text) // 2 + 2


COUNTERS = [len, _words, _bytes, _pairs_and_ends]
counters = st.sampled_from(COUNTERS)
limits = st.integers(1, 40)


@given(any_texts, languages, counters, limits)
def test_any_text_is_rebuilt_exactly(text: str, language: str, count: Callable[[str], int], limit: int) -> None:
    document = fitted(text, count, limit, language)
    assert assemble(document, document.segments) == text


@given(any_texts, languages, counters, limits)
def test_every_segment_is_within_the_limit(text: str, language: str, count: Callable[[str], int], limit: int) -> None:
    for part in fitted(text, count, limit, language).segments:
        assert count(part) <= limit or len(part) == 1


@given(any_texts, languages, counters, limits)
def test_every_letter_stays_in_order(text: str, language: str, count: Callable[[str], int], limit: int) -> None:
    document = fitted(text, count, limit, language)
    assert [*filter(str.isalpha, "".join(document.segments))] == [*filter(str.isalpha, text)]


@given(any_texts, languages, counters)
def test_what_fits_is_left_as_it_is(text: str, language: str, count: Callable[[str], int]) -> None:
    assert fitted(text, count, 1000, language) == segmented(text, language)


@given(any_texts, limits)
def test_fitting_again_changes_nothing(text: str, limit: int) -> None:
    once = fit(text, segment(text, "en"), len, limit)
    assert fit(text, once, len, limit) == once


def test_long_sentence_is_cut_at_its_clauses() -> None:
    text = (
        "When the committee, which had met for weeks (some say months), finally announced its decision, nobody was "
        "surprised; the newspapers had printed it already; and the public, tired of waiting, had moved on."
    )
    assert fitted(text, _words, 12).segments == (
        "When the committee, which had met for weeks (some say months),",
        "finally announced its decision, nobody was surprised;",
        "the newspapers had printed it already;",
        "and the public, tired of waiting, had moved on.",
    )


def test_sentences_inside_a_quotation_are_the_first_to_part() -> None:
    text = "She said “I left early that day. He stayed until noon. And so it went on for years.”"
    assert fitted(text, _words, 8).segments == (
        "She said “I left early that day.",
        "He stayed until noon.",
        "And so it went on for years.”",
    )


@pytest.mark.parametrize("limit", [10, 17, 33, 64])
@pytest.mark.parametrize("length", [65, 100, 129, 1000, 5000])
def test_pieces_are_balanced_and_have_no_tiny_tail(length: int, limit: int) -> None:
    text = " ".join(["word"] * length)
    sizes = [_words(part) for part in fitted(text, _words, limit).segments]
    assert sum(sizes) == length
    assert min(sizes) * 3 >= max(sizes)
    assert len(sizes) <= 2 * -(-length // limit)


def test_chinese_is_cut_at_commas_and_never_before_one() -> None:
    text = "今天天气很好，我们一起去公园散步，然后去吃了一顿非常好吃的午饭，最后大家都高高兴兴地回家了。"
    pieces = fitted(text, len, 20).segments
    assert "".join(pieces) == text
    assert all(piece.endswith(("，", "。")) for piece in pieces)


@pytest.mark.parametrize(
    "text",
    ["ผมชื่อจอห์นและผมอาศัยอยู่ในกรุงเทพมหานครมาเป็นเวลาสิบปีแล้ว", "東京都渋谷区神宮前の交差点で昨日の夜に起きた交通事故"],
)
def test_scripts_without_spaces_are_cut_between_characters(text: str) -> None:
    pieces = fitted(text, len, 12).segments
    assert "".join(pieces) == text
    assert not any(piece[0] in "ะาำัิีึืุู็่้๊๋์" or piece[-1] in "เแโใไ" for piece in pieces)


def test_emoji_and_accents_are_not_cut_where_it_can_be_avoided() -> None:
    text = "a👩\u200d👩\u200d👧\u200d👦e\u0301" * 20
    document = fitted(text, len, 15)
    assert document.source == text
    assert all(not part.endswith(("\u200d", "e")) for part in document.segments)


def test_one_code_point_over_the_limit_is_left_whole() -> None:
    assert fitted("ab", lambda text: 5 * len(text), 3).segments == ("a", "b")


def test_piece_without_a_letter_becomes_a_gap() -> None:
    document = fitted("one " + "1234567890 " * 10 + "two", len, 10)
    assert document.segments[0].startswith("one")
    assert document.segments[-1].endswith("two")
    assert all(any(map(str.isalpha, part)) for part in document.segments)


@pytest.mark.parametrize("limit", [0, -1])
def test_limit_must_leave_room_for_a_token(limit: int) -> None:
    with pytest.raises(ValueError, match="at least one token"):
        fitted("a", len, limit)


@pytest.mark.parametrize("unit", ["a", "word ", "one, two; three. ", "你", "a\u0301", "👩\u200d👧x"])
@pytest.mark.parametrize("limit", [2, 32, 512])
def test_characters_counted_grow_linearly_with_the_text(unit: str, limit: int) -> None:
    def effort(size: int) -> tuple[int, int]:
        lengths: list[int] = []

        def count(text: str) -> int:
            lengths.append(len(text))
            return -(-len(text) // 2)

        text = unit * (size // len(unit))
        document = fitted(text, count, limit)
        assert document.source == text
        return len(lengths), sum(lengths)

    calls, characters = effort(20_000)
    more_calls, more_characters = effort(80_000)
    assert more_calls <= 4.5 * calls + 8
    assert more_characters <= 4.5 * characters + 8 * 64 * limit
    assert more_characters <= 10 * 80_000


def test_ten_megabytes_of_one_character_are_counted_a_few_times_only() -> None:
    counted = 0

    def count(text: str) -> int:
        nonlocal counted
        counted += len(text)
        return len(text) // 4 + 1

    text = "a" * 10_000_000
    document = fitted(text, count, 256, "en")
    assert document.source == text
    assert counted <= 8 * len(text)
