from __future__ import annotations

import pytest
import sentencex  # type: ignore[import-untyped]
from hypothesis import given

from app.text.sentences import LONGEST, sentences
from tests.app.text.strategies import any_texts, languages


def _split(text: str, language: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentences(text, language)]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Mr. Smith met Dr. Jones and Mx. Lee."),
        ("en", "Dr. Who lives at No. 5 St. James St. in Washington D.C. today."),
        ("en", "J. K. Rowling wrote it, e.g. in Vol. 3 and Eq. 2."),
        ("en", "It costs $5.50 or approx. 20 a day."),
        ("en", "Version 2.0.1 of Node.js runs on Yahoo!Answers."),
        ("en", "See https://example.com/Foo.Bar?A=B.C for more."),
        ("en", "Wait... and see."),
        ("fr", "M. Dupont et Mme. Durand."),
        ("fr", "Mlle. Lange est avec Mgr. Lefebvre, J.-P. Sartre et Me. Dupont."),
        ("fr", "Il vit au 5 Bd. Voltaire, tél. 01, n. 5."),
        ("fr", "Voir M.\u00a0Dupont."),
        ("pt", "A Univ. de Lisboa é boa."),
        ("pt", "O Sr. Silva, a Sra. Dra. Maria e o Exmo. Sr. Dr. João."),
        ("pt", "A Av. Paulista, n.º 5, pág. 12, séc. XX."),
        ("pt", "D. Pedro II nasceu em 100 a.C. e viveu na Pça. Sé."),
        ("pt", "A Vale Ltda. é boa."),
        ("es", "El Sr. García y la Dña. Ana viven en EE. UU. con D. Juan."),
        ("de", "Dr. Müller kam am 3. Oktober, z. B. mit Hrn. Meier."),
        ("de", "Das 19. Jahrhundert und der 2. Weltkrieg."),
        ("it", "Il Sig. Rossi e la Dott.ssa Neri a S. Pietro, pag. 3."),
        ("nl", "Dhr. Jansen en mevr. De Vries."),
        ("pl", "Dr. Nowak i Ks. Jan."),
        ("ja", "「そうです。」と言った。"),
        ("tlh", "Prof. Smith, Fig. 3."),
    ],
)
def test_abbreviation_does_not_end_a_sentence(language: str, sentence: str) -> None:
    assert _split(sentence, language) == [sentence]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["We took plan B.", "We go."]),
        ("en", ["Is it?", "Yes!", "No."]),
        ("fr", ["Donne-le à moi.", "Merci."]),
        ("pt", ["Ela disse no.", "Depois saiu."]),
        ("pt", ["Foi em 1999.", "Depois saiu."]),
        ("de", ["Es war 1999.", "Dann ging er."]),
        ("zh", ["你好!", "你好吗?"]),
    ],
)
def test_sentence_ends_where_it_should(language: str, expected: list[str]) -> None:
    glue = "" if language == "zh" else " "
    assert _split(glue.join(expected), language) == expected


def test_unknown_language_is_read_with_the_terminators_of_every_script() -> None:
    assert _split("Hello. World? 今日は。元気", "tlh") == ["Hello.", "World?", "今日は。", "元気"]


def test_region_and_case_of_the_tag_do_not_matter() -> None:
    text = "A Univ. de Lisboa. Sim."
    assert _split(text, "pt_BR") == _split(text, "PT-br") == _split(text, "pt")


@given(any_texts.filter(bool), languages)
def test_sentences_cover_the_line_without_a_hole(text: str, language: str) -> None:
    ranges = list(sentences(text, language))
    assert [start for start, _ in ranges] == [0, *(end for _, end in ranges[:-1])]
    assert ranges[-1][1] == len(text)
    assert all(end - start <= LONGEST for start, end in ranges)


@pytest.mark.parametrize("text", ["あ。", "“A. ", "Sr. ", "word ", "x", "A. B! ", "a\u0301"])
def test_long_line_is_given_to_sentencex_in_bounded_blocks(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    real = sentencex.segment

    def segment(language: str, block: str) -> list[str]:
        seen.append(len(block))
        pieces: list[str] = real(language, block)
        return pieces

    monkeypatch.setattr(sentencex, "segment", segment)
    line = text * (200_000 // len(text))
    ranges = list(sentences(line, "pt"))
    assert max(seen) <= LONGEST
    assert sum(seen) <= 4 * len(line)
    assert ranges[-1][1] == len(line)
    assert max(end - start for start, end in ranges) <= LONGEST


def test_block_border_is_not_a_sentence_border() -> None:
    line = " ".join(f"This is sentence number {number} of a long line." for number in range(1000))
    assert _split(line, "en") == [f"This is sentence number {number} of a long line." for number in range(1000)]


def test_panic_inside_sentencex_leaves_the_block_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        """As pyo3 names it."""

    def panic(language: str, block: str) -> list[str]:
        raise PanicException

    monkeypatch.setattr(sentencex, "segment", panic)
    assert _split("One. Two.", "en") == ["One. Two."]


def test_interruption_inside_sentencex_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(language: str, block: str) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(sentencex, "segment", interrupt)
    with pytest.raises(KeyboardInterrupt):
        _split("One. Two.", "en")


def test_pieces_that_lose_text_are_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentencex, "segment", lambda language, block: ["One."])
    assert _split("One. Two.", "en") == ["One. Two."]


@given(any_texts, languages)
def test_sentencex_offsets_are_lossless_on_plain_spaces(text: str, language: str) -> None:
    plain = "".join(" " if character.isspace() else character for character in text)
    assert "".join(sentencex.segment(language, plain)) == plain


def test_initial_before_a_wide_space_does_not_panic() -> None:
    assert _split("J.\u2028K.\u3000Rowling\u2003A.\u2003B", "en")
