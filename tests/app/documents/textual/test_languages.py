from __future__ import annotations

import pytest

from app.documents import BrokenDocument
from app.documents.textual.languages import language_of, refuse_mixing


@pytest.mark.parametrize(
    ("code", "language"), [("pt_BR", "pt-BR"), (" EN-us ", "en-US"), ("", ""), ("und", ""), ("x" * 99, "")]
)
def test_a_language_that_is_none_is_not_taken(code: str, language: str) -> None:
    assert language_of(code) == language


@pytest.mark.parametrize(("declared", "target"), [("", "pt"), ("pt_BR", "pt"), ("pt", "pt-PT"), ("nothing", "pt")])
def test_regions_of_one_language_may_be_mixed(declared: str, target: str) -> None:
    refuse_mixing(declared, target)


def test_two_languages_may_not() -> None:
    with pytest.raises(BrokenDocument, match="into fr already"):
        refuse_mixing("fr", "pt")
