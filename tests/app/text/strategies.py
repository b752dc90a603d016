"""Texts that break text pipelines, for Hypothesis."""

# ruff: noqa: RUF001
from __future__ import annotations

from hypothesis import strategies as st

LANGUAGES = [
    "en",
    "pt",
    "pt-BR",
    "fr",
    "de",
    "es",
    "ja",
    "zh-Hant",
    "th",
    "ar",
    "hi",
    "ru",
    "km",
    "tlh",
    "",
    "not a tag",
]

AWKWARD = [
    *("\r\n", "\n", "\r", "\t", "\v", "\f", "\x00", "\x1b", "\x1e", "\x85", "\u2028", "\u2029", " ", "   "),
    *(
        "\u00a0",
        "\u202f",
        "\u3000",
        "\u200b",
        "\u200c",
        "\u200d",
        "\u200e",
        "\u200f",
        "\u2067",
        "\u2069",
        "\ufeff",
        "\u00ad",
    ),
    *(
        "\u0301",
        "e\u0301",
        "\u0e33",
        "เ",
        "ที่",
        "क्ष",
        "ि",
        "한",
        "\u1112\u1161\u11ab",
        "👩\u200d👩\u200d👧",
        "🇧🇷",
        "👍🏽",
        "1\ufe0f\u20e3",
    ),
    *(
        "- ",
        "* ",
        "1. ",
        "• ",
        "(2) ",
        "> ",
        "# ",
        "— ",
        "…",
        "...",
        ". ",
        ".",
        "! ",
        "?",
        "。",
        "」",
        "「",
        "“",
        "” ",
        "«",
        "»",
    ),
    *("a", "B", "É", "ß", "İ", "ﬁ", "ж", "Я", "ا", "؟", "你", "好", "あ", "ア", "𝐀", "1", "3.14", "²", "Ⅷ", "½"),
    *(
        "M. ",
        "Mme. ",
        "Univ. ",
        "J. K. Rowling ",
        "No. 5 ",
        "n.º 5",
        "e.g. ",
        "https://a.b/c?d=E.F ",
        "a.C. ",
        "word ",
        "; ",
        ": ",
    ),
]

awkward_texts = st.lists(st.sampled_from(AWKWARD), max_size=40).map("".join)
any_texts = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), awkward_texts)
languages = st.sampled_from(LANGUAGES)
