from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents import format_of
from app.jobs.names import cleaned, translated_name


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("report.docx", "report.docx"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\report.docx", "report.docx"),
        ("re\r\nport\x00\u202e.txt", "report.txt"),
        ("", ""),
        ("..", ".."),
        ("a" * 500 + ".docx", "a" * 195 + ".docx"),
    ],
)
def test_names_lose_directories_and_what_cannot_be_seen(sent: str, kept: str) -> None:
    assert cleaned(sent) == kept


@given(st.text())
def test_a_cleaned_name_is_short_and_says_the_same_format(stem: str) -> None:
    name = cleaned(f"x{stem}x.docx")
    assert len(name) <= 200
    assert not set(name) & set("/\\\r\n\0")
    assert format_of(name).name == "docx"


@pytest.mark.parametrize(
    ("name", "translated"), [("report.docx", "report.pt-BR.docx"), ("a.b.TXT", "a.b.pt-BR.TXT"), ("ü.md", "ü.pt-BR.md")]
)
def test_a_result_is_named_after_its_language(name: str, translated: str) -> None:
    assert translated_name(name, "pt-BR") == translated
