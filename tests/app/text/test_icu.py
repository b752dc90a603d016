from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.text.document import assemble
from app.text.icu import branches, messages


def test_the_words_of_branches_are_segments_and_the_syntax_is_gaps() -> None:
    document = branches("{count, plural, =0 {No files} one {# file} other {{name}'s # files}}")
    assert document.segments == ("No files", "# file", "{name}'s # files")
    translated = assemble(document, ["Nenhum", "# arquivo", "# arquivos de {name}"])
    assert translated == "{count, plural, =0 {Nenhum} one {# arquivo} other {# arquivos de {name}}}"


def test_a_message_that_is_all_of_a_branch_is_opened_too() -> None:
    document = branches("{g, select, male {{n, plural, one {his file} other {his files}}} other {their files}}")
    assert document.segments == ("his file", "his files", "their files")


def test_what_is_not_well_formed_is_no_message() -> None:
    for text in (
        "{n, plural, one {a}",
        "{n, plural}",
        "{n, plural, one}",
        "{n, number, percent}",
        "{n, plural, one {a",
    ):
        assert list(messages(text)) == []


@given(st.text("{}, plurasect#=1x", max_size=80) | st.text(max_size=40))
def test_any_text_is_rebuilt(text: str) -> None:
    assert branches(text).source == text
    for start, end in messages(text):
        assert branches(text[start:end]).source == text[start:end]
