# ruff: noqa: RUF001
from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.glossaries.terms import NO_TERMS, Terms, TermTable
from app.text.inline import Mark
from tests.app.text.strategies import any_texts

NAMES = {"house": "casa", "API": "interface", "new york": "Nova Iorque", "new": "novo", "can't": "não", "C++": "C mais"}


def found(text: str, entries: dict[str, str], *kept: str, target: str = "pt") -> list[tuple[str, str | None]]:
    marks = Terms((TermTable(entries, kept),), target).find(text)
    return [(text[mark.start : mark.end], mark.literal) for mark in marks]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the house.", [("house", "casa")]),
        ("House and HOUSE", [("House", "Casa"), ("HOUSE", "CASA")]),
        ("houses, greenhouse, house_number, house2", []),
        ("house-boat (house)", [("house", "casa"), ("house", "casa")]),
        ("The API. The api.", [("API", "interface")]),
        ("New York is new.", [("New York", "Nova Iorque"), ("new", "novo")]),
        ("new  york, new\u00a0york", [("new  york", "Nova Iorque"), ("new\u00a0york", "Nova Iorque")]),
        ("NEW YORK newer", [("NEW YORK", "Nova Iorque")]),
        ("I can’t", [("can’t", "não")]),
        ("C++, C+", [("C++", "C mais")]),
        ("l'house", [("house", "casa")]),
        ("house's", [("house", "casa")]),
        ("hou\u0301se house\u0301", []),
        ("", []),
    ],
)
def test_words_are_found_whole_and_longest_first(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text, NAMES) == expected


@pytest.mark.parametrize(
    ("text", "term", "literal"),
    [("polish it", "Polish", None), ("Polish", "polish", "Y"), ("us", "US", None), ("IPHONE", "iPhone", "Y")],
)
def test_term_with_capitals_is_a_name_and_finds_no_plain_word(text: str, term: str, literal: str | None) -> None:
    assert [one for _, one in found(text, {term: "y"})] == ([literal] if literal else [])


def test_exact_case_goes_before_any_other() -> None:
    entries = {"turkey": "peru", "Turkey": "Turquia"}
    assert found("Turkey turkey TURKEY", entries) == [("Turkey", "Turquia"), ("turkey", "peru"), ("TURKEY", "PERU")]


@pytest.mark.parametrize(
    ("surface", "entry", "literal"),
    [
        ("House", ("house", "iPhone"), "iPhone"),
        ("HOUSE", ("house", "Haus"), "HAUS"),
        ("HOUSE", ("house", "NaCl"), "NaCl"),
        ("Iron", ("iron", "demir"), "Demir"),
        ("A", ("a", "um"), "Um"),
    ],
)
def test_capitals_of_the_text_are_carried_over(surface: str, entry: tuple[str, str], literal: str) -> None:
    assert found(surface, dict([entry])) == [(surface, literal)]


def test_turkish_capitals_have_their_dot() -> None:
    assert found("House", {"house": "istasyon"}, target="tr") == [("House", "İstasyon")]


def test_what_stays_stays_in_its_own_capitals_and_wins() -> None:
    assert found("Acme ACME acme house", NAMES, "Acme", "house") == [
        ("Acme", "Acme"), ("ACME", "ACME"), ("house", "house"),
    ]  # fmt: skip


def test_table_of_the_request_wins_over_the_stored_one_unless_that_finds_more() -> None:
    terms = Terms((TermTable({"new": "recente", "york": "Y"}), TermTable(NAMES)), "pt")
    assert [mark.literal for mark in terms.find("new york, new, york")] == ["Nova Iorque", "recente", "Y"]


@pytest.mark.parametrize(
    ("text", "entries", "expected"),
    [
        (
            "東京のサーバーは速い。",
            {"サーバー": "server", "東京": "Tokyo"},
            [("東京", "Tokyo"), ("サーバー", "server")],
        ),
        ("我们用API吧", {"API": "interface"}, [("API", "interface")]),
        ("ราคาบ้านสวย", {"บ้าน": "house"}, [("บ้าน", "house")]),
        ("서버는 서버리스, 서버에서", {"서버": "server"}, [("서버", "server"), ("서버", "server")]),
        ("ΟΔΟΣ Οδός", {"οδοσ": "street"}, [("ΟΔΟΣ", "STREET")]),
        ("Straße STRASSE", {"straße": "street"}, [("Straße", "Street")]),
        ("İstanbul istanbul", {"istanbul": "Istanbul"}, [("istanbul", "Istanbul")]),
        ("घर घरों", {"घर": "house"}, [("घर", "house")]),
        ("мой дом, дома", {"дом": "house"}, [("дом", "house")]),
    ],
)
def test_every_script_has_its_words(text: str, entries: dict[str, str], expected: list[tuple[str, str]]) -> None:
    assert found(text, entries) == expected


def test_second_leg_is_told_what_the_first_one_put_in() -> None:
    terms = Terms((TermTable(NAMES, ("Acme",)),), "pt")
    assert terms.held_for_next_leg("House of Acme") == {"Casa", "Acme"}
    assert not NO_TERMS
    assert NO_TERMS.find("house") == []


words = st.sampled_from(["a", "A", "b", "ab", "a b", "b a a", "猫", "猫a", "é", "-", "İ", "ß", "’", " ", "\u0301"])
terms_of_any_kind = st.dictionaries(
    words | st.text(min_size=1, max_size=5), st.text(min_size=1, max_size=5), max_size=8
)


@given(any_texts | st.lists(words, max_size=20).map("".join), terms_of_any_kind)
def test_marks_are_in_order_apart_and_inside_the_text(text: str, entries: dict[str, str]) -> None:
    marks = Terms((TermTable(entries),), "pt").find(text)
    ends = [0, *(mark.end for mark in marks)]
    assert all(end <= mark.start < mark.end <= len(text) for end, mark in zip(ends, marks, strict=False))
    assert all(mark.literal is not None for mark in marks)


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9))
def test_word_that_is_a_term_is_found_as_it_is(word: str) -> None:
    assert found(word, {word: "x"}) == [(word, "x")]


def test_ten_thousand_terms_take_no_longer_to_look_for_than_ten() -> None:
    text = " ".join(f"word{number} thing" for number in range(5000))
    many = {f"word{number} one": "x" for number in range(10_000)} | {"thing": "coisa"}

    def seconds(entries: dict[str, str]) -> float:
        terms = Terms((TermTable(entries),), "pt")
        started = time.perf_counter()
        assert len(terms.find(text)) == 5000
        return time.perf_counter() - started

    seconds({"thing": "coisa"})
    assert seconds(many) < 20 * seconds({"thing": "coisa"}) + 0.5


def test_mark_is_the_one_of_the_projection() -> None:
    assert Terms((TermTable({"b": "x"}),)).find("a b") == [Mark(2, 3, "x")]
