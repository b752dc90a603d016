# ruff: noqa: RUF001
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.document import assemble
from app.text.inline import Segment
from app.text.joining import gap_between
from app.text.preparation import prepare
from app.text.segmentation import Split
from tests.app.text.apart import segmented
from tests.app.text.strategies import any_texts, languages

SENTENCES = {
    "en": ["It is raining.", "Shall we go?", "Yes!"],
    "pt": ["Está a chover.", "Vamos?", "Sim!"],
    "ko": ["비가 옵니다.", "갈까요?", "네!"],
    "ja": ["雨が降っています。", "行きましょうか？", "はい！"],
    "zh": ["正在下雨。", "我们走吗？", "好的！"],
    "th": ["ฝนตก", "ไปกันไหม", "ใช่"],
    "ar": ["إنها تمطر.", "هل نذهب؟", "نعم!"],
}
GLUE = {"ja": "", "zh": ""}


@pytest.mark.parametrize("target", SENTENCES)
@pytest.mark.parametrize("source", [one for one in SENTENCES if one != "th"])
def test_sentences_are_joined_as_the_targets_script_joins_them(source: str, target: str) -> None:
    apart = prepare(Segment(GLUE.get(source, " ").join(SENTENCES[source])), source, len, 999)
    made = apart.joined([Segment(one) for one in SENTENCES[target]])
    assert made.text == GLUE.get(target, " ").join(SENTENCES[target])


@pytest.mark.parametrize(
    ("gap", "source", "target", "expected"),
    [
        (" ", ("ฝนตก", "ไปกัน"), ("It rains.", "Let us go"), " "),  # Thai has a space between sentences
        ("", ("ฝน", "ตก"), ("rain", "falls"), " "),  # a long Thai sentence that was cut
        (" ", ("the rain", "falls today"), ("ฝน", "ตกวันนี้"), ""),  # a long English one into Thai
        (" ", ("The rain fell.", "It was cold"), ("ฝนตก", "หนาว"), " "),
        (" ", ('"No."', "He left."), ("ไม่", "เขาไป"), " "),
        ("", ("example.com/", "path"), ("example.com/", "path"), ""),  # cut inside a word
        ("", ("你好。", "API 很好。"), ("Hello.", "The API is good."), " "),
        (" ", ("Hello.", "API now."), ("你好。", "API 现在。"), ""),
        (" ", ("one", "API"), ("一", "API"), " "),
        (" ", ("你好", "世界"), ("こんにちは", "世界"), " "),  # the author put it there
        ("\n", ("One.", "Two."), ("一。", "二。"), "\n"),
        (" 🎉 ", ("One.", "Two."), ("一。", "二。"), " 🎉 "),
        (" ", ("One.", "Two."), ("", "二。"), " "),
        ("", ("一。", "二。"), ("One. ", "Two."), ""),
    ],
)
def test_gap_follows_the_scripts_at_the_seam(
    gap: str, source: tuple[str, str], target: tuple[str, str], expected: str
) -> None:
    assert gap_between(gap, source, target) == expected


@given(any_texts, languages, st.sampled_from(Split), st.integers(1, 12))
def test_text_that_translates_to_itself_comes_back_exactly(text: str, language: str, split: Split, limit: int) -> None:
    apart = prepare(Segment(text), language, len, limit, split)
    assert apart.joined(apart.segments).text == text


@given(any_texts, languages, st.sampled_from(["a.", "你好。", "ฝน", ""]))
def test_only_plain_spaces_come_or_go(text: str, language: str, word: str) -> None:
    document = segmented(text, language)
    translations = [word] * len(document.segments)
    given = assemble(document, translations)
    made = prepare(Segment(text), language, len, 10_000).joined([Segment(one) for one in translations]).text
    assert made.replace(" ", "") == given.replace(" ", "")
    assert made.startswith(document.gaps[0])
    assert made.endswith(document.gaps[-1])
