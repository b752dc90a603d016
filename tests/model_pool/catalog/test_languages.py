"""Language tokens of every family to BCP 47."""

from __future__ import annotations

import pytest

from model_pool.catalog.languages import canonical, is_group, languages_of
from model_pool.catalog.manifest import Family
from model_pool.catalog.speaks import guess_family, languages_spoken
from model_pool.errors import LanguageUnsupported


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("eng_Latn", "en"), ("por_Latn", "pt"), ("zho_Hans", "zh"), ("zho_Hant", "zh-Hant"), ("cmn", "zh")),
        *(("arb_Arab", "ar"), ("pes_Arab", "fa"), ("kor_Hang", "ko"), ("tgl_Latn", "fil"), ("tl", "fil")),
        *(
            ("srp_Cyrl", "sr"),
            ("sr_Latn", "sr-Latn"),
            ("pt_BR", "pt-BR"),
            ("pob", "pt-BR"),
            ("PT", "pt"),
            ("ns", "nso"),
        ),
        *(("iw", "he"), ("nob_Latn", "nb"), ("ace_Latn", "ace"), ("ace_Arab", "ace-Arab"), ("pbt_Arab", "ps")),
        *(("translate", None), ("Latn", None), ("xx", None), ("", None), ("en_xx", None), ("ROMANCE", None)),
    ],
)
def test_codes_take_their_shortest_form(written: str, code: str | None) -> None:
    assert canonical(written) == code


@pytest.mark.parametrize(
    ("family", "vocabulary", "found"),
    [
        (Family.MARIAN, ["▁a", ">>por<<", ">>pob<<", ">><<", ">>pt<<"], {"pt": ">>por<<", "pt-BR": ">>pob<<"}),
        (Family.NLLB, ["aka_Latn", "twi_Latn", "the_", "_Latn"], {"ak": "aka_Latn", "tw": "twi_Latn"}),
        (Family.M2M100, ["__en__", "__ast__", "__", "____"], {"en": "__en__", "ast": "__ast__"}),
        (Family.MBART50, ["en_XX", "zh_CN", "XX"], {"en": "en_XX", "zh": "zh_CN"}),
        (
            Family.T5,
            ["<2pt>", "<2zh_Latn>", "<2translate>", "<2Latn>", "<2>"],
            {"pt": "<2pt>", "zh-Latn": "<2zh_Latn>"},
        ),
    ],
)
def test_language_tokens_are_found(family: Family, vocabulary: list[str], found: dict[str, str]) -> None:
    assert languages_of(family, vocabulary) == found


def test_transformers_own_lists_are_covered_to_the_last_language() -> None:
    from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES as M2M100
    from transformers.models.mbart50.tokenization_mbart50 import FAIRSEQ_LANGUAGE_CODES as MBART50
    from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES as NLLB

    assert len(languages_of(Family.NLLB, NLLB)) == len(NLLB)
    assert len(languages_of(Family.MBART50, MBART50)) == len(MBART50)
    assert len(languages_of(Family.M2M100, [f"__{code}__" for code in M2M100["m2m100"]])) == len(M2M100["m2m100"])


@pytest.mark.parametrize(
    ("vocabulary", "family"),
    [
        (["__en__", "__pt__"], Family.M2M100),
        (["eng_Latn"], Family.NLLB),
        (["<2pt>"], Family.T5),
        (["▁the", "en"], None),
    ],
)
def test_the_vocabulary_gives_the_family_away(vocabulary: list[str], family: Family | None) -> None:
    assert guess_family(vocabulary) is family


def test_groups_are_no_languages() -> None:
    assert is_group("mul")
    assert is_group("gmw")
    assert not is_group("de")


def test_what_is_said_narrows_what_the_vocabulary_has() -> None:
    vocabulary = ["eng_Latn", "por_Latn", "fra_Latn"]
    spoken = languages_spoken(Family.NLLB, vocabulary, ["en"], ["fr"])
    assert spoken == ({"en": "eng_Latn"}, {"fr": "fra_Latn"})


def test_tokens_can_be_said_outright() -> None:
    spoken = languages_spoken(Family.T5, ["▁a"], ["en=English"], ["de=German"])
    assert spoken == ({"en": "English"}, {"de": "German"})


@pytest.mark.parametrize(
    ("family", "vocabulary", "sources", "targets", "match"),
    [
        (Family.NLLB, ["eng_Latn"], ["pt"], None, "no token for pt"),
        (Family.MARIAN, ["▁a"], None, ["pt"], "--source"),
        (Family.MARIAN, ["▁a"], ["en"], None, "--target"),
        (Family.MARIAN, [">>por<<"], ["en"], ["de"], "it has: pt"),
        (Family.T5, ["▁a"], ["klingonese"], ["de"], "no language code"),
    ],
)
def test_what_cannot_be_known_or_is_wrong_says_what_to_do(
    family: Family, vocabulary: list[str], sources: list[str] | None, targets: list[str] | None, match: str
) -> None:
    with pytest.raises(LanguageUnsupported, match=match):
        languages_spoken(family, vocabulary, sources, targets)
