# ruff: noqa: RUF001
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.document import Document, assemble
from app.text.segmentation import Split, unwrapped
from tests.app.text.apart import segmented
from tests.app.text.strategies import any_texts, languages

GOLDEN = {
    "en": [
        "Dr. Smith arrived at 5.30 p.m. with J. K. Rowling.",
        "“Is it really you?” she asked.",
        "It cost $3.50, e.g. at No. 5.",
        "Well... that is that!",
        "See https://example.com/a?b=c.",
    ],
    "pt": [
        "O Sr. Silva e a Sra. Dra. Maria estudaram na Univ. de Lisboa.",
        "Tudo bem?",
        "Custa R$ 3.500,00 na Av. Paulista, n.º 5.",
        "Até já!",
    ],
    "fr": ["M. Dupont et Mme. Durand sont là.", "C'est vrai\u00a0?", "Oui\u202f!", "Voir p. 12."],
    "de": ["Dr. Müller kam am 3. Oktober.", "Wirklich?", "Das kostet z. B. 3,50 Euro."],
    "es": ["El Sr. García vive en EE. UU. con la Dña. Ana.", "¿Cómo estás?", "¡Muy bien!"],
    "ja": ["今日はいい天気ですね。", "「散歩に行きましょう。」と彼は言った。", "本当ですか？", "はい！"],
    "zh": ["今天天气很好。", "我们去散步吗？", "好的！", "圆周率是3.14。"],
    "th": ["สวัสดีครับ ผมชื่อจอห์น คุณสบายดีไหม"],
    "ar": ["الطقس جميل اليوم.", "هل نذهب في نزهة؟", "نعم!"],
    "hi": ["आज मौसम अच्छा है।", "क्या हम टहलने चलें?", "हाँ!"],
}


@pytest.mark.parametrize("language", GOLDEN)
def test_golden_sentences_of(language: str) -> None:
    glue = "" if language in {"ja", "zh"} else " "
    document = segmented(glue.join(GOLDEN[language]), language)
    assert list(document.segments) == GOLDEN[language]
    assert set(document.gaps[1:-1]) <= {glue}


def test_layout_lives_in_the_gaps() -> None:
    text = "  - Hello there. Bye.\r\n\r\n\t* Two\n1. Three \n• Four\f(2) Five\u2028> > Six\u00a0\n## Seven\n"
    document = segmented(text, "en")
    assert document.segments == ("Hello there.", "Bye.", "Two", "Three", "Four", "Five", "Six", "Seven")
    assert document.gaps == (
        "  - ", " ", "\r\n\r\n\t* ", "\n1. ", " \n• ", "\f(2) ", "\u2028> > ", "\u00a0\n## ", "\n",
    )  # fmt: skip


def test_cells_and_columns_are_apart_but_two_spaces_are_not() -> None:
    assert segmented("Name\tAge    City  of birth", "en").segments == ("Name", "Age", "City  of birth")


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "42", "3.14 €\n- 50 %", "?!...", "😀👩\u200d👩\u200d👧", "\u00a0\u2028\x00"]
)
def test_text_without_a_letter_is_one_gap(text: str) -> None:
    assert segmented(text, "en") == Document((text,), ())


def test_spans_without_letters_between_sentences_are_gaps() -> None:
    assert segmented("One. 😀 1234! Two 🎉", "en") == Document(("", " 😀 1234! ", " 🎉"), ("One.", "Two"))


@pytest.mark.parametrize(
    "text", ["5 apples", "(Hello)", "¿Qué?", "“Quoted”", "1.5 litres", "-able", "…and so on", "a) first"]
)
def test_what_belongs_to_the_words_stays_with_them(text: str) -> None:
    assert segmented(text, "en").segments == (text,)


def test_dialogue_dash_is_kept_out() -> None:
    assert segmented("— Bom dia.\n– Olá!", "pt") == Document(("— ", "\n– ", ""), ("Bom dia.", "Olá!"))


def test_translations_return_to_their_places() -> None:
    document = segmented("* One. Two.\r\n\r\n  * Three\t4\r\n", "en")
    assert assemble(document, ["Um.", "Dois.", "Três"]) == "* Um. Dois.\r\n\r\n  * Três\t4\r\n"


@given(any_texts, languages)
def test_any_text_is_rebuilt_exactly(text: str, language: str) -> None:
    document = segmented(text, language)
    assert assemble(document, document.segments) == text


@given(any_texts, languages)
def test_every_letter_is_in_exactly_one_segment_and_in_order(text: str, language: str) -> None:
    document = segmented(text, language)
    assert [*filter(str.isalpha, "".join(document.segments))] == [*filter(str.isalpha, text)]
    assert not any(map(str.isalpha, "".join(document.gaps)))


@given(any_texts, languages)
def test_every_segment_has_a_letter_and_no_space_around_it(text: str, language: str) -> None:
    for part in segmented(text, language).segments:
        assert any(map(str.isalpha, part))
        assert part == part.strip()


@given(any_texts, languages)
def test_a_segment_is_never_over_lines(text: str, language: str) -> None:
    assert all(len(part.splitlines()) == 1 for part in segmented(text, language).segments)


def test_same_text_gives_the_same_document() -> None:
    text = "\n".join(" ".join(sentences) for sentences in GOLDEN.values())
    assert segmented(text, "en") == segmented(text, "en")


WRAPPED = "The house is\nred and very\r\nbig. It is\nold.\n\nA heading\n\n- One item\tanother"
splits = st.sampled_from(Split)


def test_sentence_goes_on_over_a_line_break_if_asked_to() -> None:
    segments = segmented(WRAPPED, "en", Split.SENTENCES_ACROSS_LINES).segments
    assert segments == ("The house is\nred and very\r\nbig.", "It is\nold.", "A heading", "One item", "another")
    assert [unwrapped(one) for one in segments[:2]] == ["The house is red and very  big.", "It is old."]


def test_text_is_one_segment_if_nothing_may_be_split() -> None:
    document = segmented("\n " + WRAPPED + " \n", "en", Split.NEVER)
    assert document == Document(("\n ", " \n"), (WRAPPED,))
    assert segmented("42 \n", "en", Split.NEVER) == Document(("42 \n",), ())


def test_deepls_names_choose_how_to_split() -> None:
    assert [Split("0"), Split("1"), Split("nonewlines")] == list(Split)
    assert segmented(WRAPPED, "en") == segmented(WRAPPED, "en", Split("1"))


@given(any_texts, languages, splits)
def test_any_text_is_rebuilt_however_it_is_split(text: str, language: str, split: Split) -> None:
    document = segmented(text, language, split)
    assert document.source == text
    assert not any(map(str.isalpha, "".join(document.gaps)))
    assert all(one == one.strip() for one in document.segments)


@given(any_texts, languages)
def test_only_a_break_of_lines_makes_the_two_ways_differ(text: str, language: str) -> None:
    flat = " ".join(text.split())
    assert segmented(flat, language) == segmented(flat, language, Split.SENTENCES_ACROSS_LINES)


@given(any_texts)
def test_unwrapping_moves_nothing(text: str) -> None:
    assert len(unwrapped(text)) == len(text)
    assert unwrapped(text).split() == text.split()
