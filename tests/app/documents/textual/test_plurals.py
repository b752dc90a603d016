from __future__ import annotations

import gettext

import pytest

from app.documents.textual.plurals import _BY_LANGUAGE, declared, plurals_of


@pytest.mark.parametrize("language", [*_BY_LANGUAGE, "de", "en", "pt", "pt-PT"])
def test_every_language_uses_all_of_its_forms_and_no_others(language: str) -> None:
    plurals = plurals_of(language)
    rule = gettext.c2py(plurals.written.split("plural=")[1].rstrip(";"))
    assert {rule(number) for number in range(1_000)} == set(range(plurals.count))
    assert rule(1) == plurals.singular


_BROKEN = ["INTEGER; plural=EXPRESSION;", "0; plural=0;", "99; plural=0;", "2; plural=", "2; plural=n/0;", ""]


@pytest.mark.parametrize("forms", [*_BROKEN, "2; plural=5;", "2; plural=__import__;", f"2; plural={'(' * 900}"])
def test_forms_that_say_nothing_are_none(forms: str) -> None:
    assert declared(f"nplurals={forms}") is None
