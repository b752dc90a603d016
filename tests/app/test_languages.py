from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.language_names import LANGUAGES
from app.languages import Match, UnknownLanguage, display_name, match, normalise


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("pt", "pt"),
        ("PT-BR", "pt-BR"),
        ("pt_br", "pt-BR"),
        ("por", "pt"),
        ("por_Latn", "pt"),
        ("pob", "pt-BR"),
        ("pb", "pt-BR"),
        ("en-US", "en-US"),
        ("EN-GB", "en-GB"),
        ("en-UK", "en-GB"),
        ("en_XX", "en"),
        ("ar_AR", "ar"),
        ("arb_Arab", "ar"),
        ("ary_Arab", "ary"),
        ("ES-419", "es-419"),
        ("zh", "zh"),
        ("cmn_Hans", "zh-Hans"),
        ("ZH-HANS", "zh-Hans"),
        ("zh-CN", "zh-CN"),
        ("zh_TW", "zh-TW"),
        ("zh-Hant-TW", "zh-TW"),
        ("zho_Hant", "zh-Hant"),
        ("zt", "zh-Hant"),
        ("zh-yue", "yue"),
        ("nob_Latn", "nb"),
        ("srp_Cyrl", "sr"),
        ("sr-Latn", "sr-Latn"),
        ("sh", "sr-Latn"),
        ("uzn_Latn", "uz"),
        ("kas_Deva", "ks-Deva"),
        ("zsm_Latn", "ms"),
        ("iw", "he"),
        ("tl", "fil"),
        ("prs_Arab", "fa-AF"),
        ("ca-valencia", "ca"),
        ("pt-BR-u-ca-buddhist", "pt-BR"),
    ],
)
def test_every_dialect_becomes_one_tag(code: str, expected: str) -> None:
    assert normalise(code) == expected
    assert normalise(expected) == expected


@pytest.mark.parametrize(
    "code",
    [
        "",
        " ",
        "a",
        "auto",
        "xx",
        "xyz",
        "und",
        "mul",
        "zxx",
        "en--US",
        "en-",
        "en\n",
        "pt-Xyzw",
        "english",
        "e" * 99,
        "12",
        "\uff25\uff2e",
    ],
)
def test_what_names_no_language_is_an_error(code: str) -> None:
    with pytest.raises(UnknownLanguage) as caught:
        normalise(code)
    assert caught.value.code == code
    assert len(str(caught.value)) < 200


@given(st.text(max_size=40))
def test_any_text_is_a_language_or_a_typed_error(code: str) -> None:
    try:
        tag = normalise(code)
    except UnknownLanguage:
        return
    assert normalise(tag) == tag
    assert display_name(tag)


@pytest.mark.parametrize(
    ("code", "served", "used", "spelled"),
    [
        ("pt", ["en", "pt"], "pt", "pt"),
        ("PT-BR", ["eng_Latn", "por_Latn"], "pt", "por_Latn"),
        ("pt", ["pt-PT", "pt-BR"], "pt-BR", "pt-BR"),
        ("pt-PT", ["pt-BR", "pt"], "pt", "pt"),
        ("pt-AO", ["pt-BR", "pt-PT"], "pt-PT", "pt-PT"),
        ("en-AU", ["en-US", "en-GB"], "en-GB", "en-GB"),
        ("pt-BR", ["pt_XX"], "pt", "pt_XX"),
        ("zh", ["zho_Hant", "zho_Hans"], "zh-Hans", "zho_Hans"),
        ("zh-CN", ["zho_Hant", "zho_Hans"], "zh-Hans", "zho_Hans"),
        ("zh_TW", ["zho_Hans", "zho_Hant"], "zh-Hant", "zho_Hant"),
        ("zh-Hant", ["zh"], "zh", "zh"),
        ("zh", ["zh-Hant"], "zh-Hant", "zh-Hant"),
        ("sr-Latn", ["srp_Cyrl"], "sr", "srp_Cyrl"),
        ("no", ["nob_Latn"], "nb", "nob_Latn"),
        ("nb", ["no"], "no", "no"),
    ],
)
def test_nearest_served_language_answers(code: str, served: list[str], used: str, spelled: str) -> None:
    assert match(code, served) == Match(normalise(code), used, spelled)


def test_match_says_whether_the_request_was_honoured() -> None:
    assert match("por_Latn", ["pt"]).is_exact
    assert not match("pt-BR", ["pt"]).is_exact


@pytest.mark.parametrize(
    ("code", "served", "suggestions"),
    [
        ("portugese", ["pt", "en"], ("pt",)),
        ("Portuguese", ["pt-BR", "en"], ("pt-BR",)),
        ("jp", ["ja", "en"], ("ja",)),
        ("cz", ["cs_CZ", "en"], ("cs-CZ",)),
        ("zh-Hant", ["zh-Hans", "en"], ("zh-Hans",)),
        ("fr", ["pt", "en"], ()),
        ("fr", [], ()),
    ],
)
def test_unserved_language_names_the_candidates(code: str, served: list[str], suggestions: tuple[str, ...]) -> None:
    with pytest.raises(UnknownLanguage) as caught:
        match(code, served)
    assert caught.value.code == code
    assert caught.value.candidates == tuple(map(normalise, served))
    assert caught.value.suggestions == suggestions
    assert all(suggestion in str(caught.value) for suggestion in suggestions)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("pt", "Portuguese"),
        ("PT-BR", "Portuguese (Brazil)"),
        ("zho_Hans", "Chinese (Simplified)"),
        ("zh-TW", "Chinese (Taiwan)"),
        ("ES-419", "Spanish (Latin America)"),
        ("sr-Latn", "Serbian (Latin)"),
        ("he-IL", "Hebrew (IL)"),
        ("aaq", "aaq"),
    ],
)
def test_languages_have_english_names(code: str, name: str) -> None:
    assert display_name(code) == name


def test_every_name_belongs_to_a_language_as_normalised() -> None:
    assert [code for code in LANGUAGES if normalise(code).partition("-")[0] != code] == []
