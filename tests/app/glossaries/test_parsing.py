from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.glossaries.glossary import GlossaryInvalid, make_dictionary
from app.glossaries.parsing import EntriesFormat, read_entries, write_entries

PAIRS = [("house", "casa"), ("New York", "Nova Iorque")]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("house\tcasa\nNew York\tNova Iorque", "tsv"),
        ("\ufeffhouse\tcasa\r\n\r\nNew York\tNova Iorque\r\n", "tsv"),
        ('house,casa\n"New York",Nova Iorque\n', "csv"),
        ("house,casa,en,pt\r\nNew York,Nova Iorque,en,pt\r\n", "csv"),
    ],
)
def test_entries_are_read_as_deepl_writes_them(text: str, form: EntriesFormat) -> None:
    assert read_entries(text, form) == PAIRS


def test_csv_has_quotes_commas_and_doubled_quotes() -> None:
    assert read_entries('"a, ""b""",c\n', "csv") == [('a, "b"', "c")]


@pytest.mark.parametrize(
    ("text", "form", "fault"),
    [
        ("a\tb\nc", "tsv", "line 2: has 1 columns instead of 2"),
        ("a\tb\tc", "tsv", "line 1: has 3 columns"),
        ("a\n", "csv", "line 1: has 1 columns"),
        ('a,"b', "csv", "no CSV: line 1"),
    ],
)
def test_line_that_is_no_pair_is_named(text: str, form: EntriesFormat, fault: str) -> None:
    with pytest.raises(GlossaryInvalid, match=fault):
        read_entries(text, form)


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ([("a", "b"), ("a", "c")], "entry 2: the source term 'a' is there already"),
        ([("", "b")], "entry 1: the source term is empty"),
        ([("a", " ")], "the target term is empty"),
        ([("a ", "b")], "starts or ends with white space"),
        ([("a\u2028b", "c")], "control character or a line break"),
        ([("é" * 513, "c")], "longer than 1024 bytes"),
        ([], "at least one entry"),
        ([(f"a{number}", "b") for number in range(6)], "6 entries are too many"),
    ],
)
def test_entries_that_cannot_be_kept_are_named(entries: list[tuple[str, str]], fault: str) -> None:
    with pytest.raises(GlossaryInvalid, match=fault):
        make_dictionary("en", "pt", entries, most=5)


@pytest.mark.parametrize(("source", "target"), [("en", "EN-us_x"), ("klingonese", "pt"), ("en", "eng")])
def test_languages_are_real_and_two(source: str, target: str) -> None:
    with pytest.raises(GlossaryInvalid):
        make_dictionary(source, target, PAIRS, most=5)


def test_languages_are_kept_in_bcp_47() -> None:
    dictionary = make_dictionary("EN", "pt_br", PAIRS, most=5)
    assert (dictionary.source, dictionary.target) == ("en", "pt-BR")


terms = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1).filter(lambda t: t == t.strip())


@given(st.dictionaries(terms, terms, min_size=1), st.sampled_from(["tsv", "csv"]))
def test_what_is_written_is_read_again(entries: dict[str, str], form: EntriesFormat) -> None:
    assert dict(read_entries("\ufeff" + write_entries(entries, form), form)) == entries
