from __future__ import annotations

import re

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents import BrokenDocument
from app.documents.textual.cue_items import items_of
from app.text.markup.items import Kind
from tests.app.documents.textual.models import by, marked, same, texts, translated
from tests.app.text.markup import models

SUBRIP = """\ufeff1\r
00:00:01,000 --> 00:00:02,500 X1:40 Y1:20\r
{\\an8}<i>I went to the shop and\r
bought some bread</i>, then I left.\r
\r
2\r
00:00:03,000 --> 00:00:04,000\r
- Is it <font color="#ff0000">you</font>?\r
- 1 < 2 & so\r
\r
3\r
00:00:05,000 --> 00:00:06,000\r
[DOOR CLOSES]\r
He is gone.\r
\r
\r
Still cue 3\r
42\r
\r
4\r
00:00:07,000 --> 00:00:08,000\r
42\r
"""
WEBVTT = """\
WEBVTT - A title

STYLE
::cue(b) { color: red }

NOTE Not
translated

intro
00:01.000 --> 00:02.000 align:start position:10%
<v Roger Bingham>We are in <c.yellow.bg_blue>New York</c> &amp;
going home

00:00:03.000 --> 00:00:04.000
One <00:00:03.200>two <00:00:03.400>three

00:00:05.000 --> 00:00:06.000

NOTE the end
"""


def test_cues_are_units_with_their_wrapped_lines_joined() -> None:
    assert texts(SUBRIP, "a.srt") == [
        '<g i="0">I went to the shop and bought some bread</g>, then I left.',
        '- Is it <g i="0">you</g>?',
        "- 1 < 2 & so",
        "[DOOR CLOSES]",
        "He is gone.",
        "Still cue 3 42",
    ]
    assert texts(WEBVTT, "a.vtt") == [
        'We are in <g i="0">New York</g> &amp; going home',
        'One <x i="0"/>two <x i="1"/>three',
    ]


def test_a_translation_has_as_many_lines_as_its_source() -> None:
    done = [
        '<g i="0">Fui à loja comprar um pouco de pão</g>, depois saí.',
        '- <g i="0">a</g>',
        "- b",
        "[C]",
        "d",
        "Ainda a 3 42",
    ]
    assert translated(SUBRIP, "a.srt", done).decode() == (
        SUBRIP.replace("I went to the shop and\r\nbought some bread", "Fui à loja comprar um\r\npouco de pão")
        .replace("then I left", "depois saí")
        .replace('Is it <font color="#ff0000">you</font>?', '<font color="#ff0000">a</font>')
        .replace("- 1 < 2 & so", "- b")
        .replace("[DOOR CLOSES]", "[C]")
        .replace("He is gone.", "d")
        .replace("Still cue 3\r\n42", "Ainda\r\na 3 42")
    )


def test_times_inside_of_a_cue_stay_in_order_and_words_are_escaped() -> None:
    done = [
        '<g i="0">Nova Iorque</g> é onde estamos &lt;&gt; e vamos',
        'Três <x i="1"/>dois <x i="0"/>um',
    ]
    assert translated(WEBVTT, "a.vtt", done).decode() == (
        WEBVTT.replace(
            "We are in <c.yellow.bg_blue>New York</c> &amp;\ngoing home",
            "<c.yellow.bg_blue>Nova Iorque</c> é onde\nestamos &lt;&gt; e vamos",
        ).replace("One <00:00:03.200>two <00:00:03.400>three", "Três <00:00:03.200>dois <00:00:03.400>um")
    )


@pytest.mark.parametrize(
    ("cue", "parts"),
    [
        ("I saw Dr.\nWatson there", 1),
        ("It is late.\nWe go.", 2),
        ("Wait...\nfor me", 1),
        ("Wait...\nFor me", 2),
        ("- One\n- Two", 2),
        ("a walk -\n- or so", 1),
        ("♪ La la\n♪ le le", 2),
        ("(SIGHS)\nYou know", 2),
        ("<i>It is late.</i>\n<i>We go.</i>", 2),
        ("one\r\n\r\ntwo", 3),
    ],
)
def test_lines_of_their_own_are_parted(cue: str, parts: int) -> None:
    kinds = [item.kind for item in items_of(cue, is_webvtt=False)]
    assert kinds.count(Kind.SPLIT) + 1 == parts


def test_no_cue_becomes_empty() -> None:
    data = "1\n00:00:01,000 --> 00:00:02,000\nHello\n"
    assert translated(data, "a.srt", ["  "]) == data.encode()
    assert translated(data, "a.srt", ["a\n\nb"]) == data.replace("Hello", "a  b").encode()


def test_text_without_cues_is_refused() -> None:
    with pytest.raises(BrokenDocument, match="no subtitles"):
        texts("WEBVTT\n\nNOTE\nHello", "a.vtt")


_LINES = st.sampled_from(
    [
        "Hello there,",
        "- Hi.",
        "<i>so</i> it is",
        "<b>un",
        "</b> closed",
        "[SOUND]",
        "♪ la",
        "{\\an8}up",
        "7",
        "日本語。",
        "a & b",
    ]
)
_CUES = st.lists(st.lists(_LINES, min_size=1, max_size=3), min_size=1, max_size=5)


def _file(cues: list[list[str]], end: str, *, is_webvtt: bool) -> str:
    mark = "." if is_webvtt else ","
    times = [f"00:00:{2 * at:02}{mark}000 --> 00:00:{2 * at + 1:02}{mark}500" for at in range(len(cues))]
    blocks = ["\n".join([str(at + 1), times[at], *lines, "", ""]) for at, lines in enumerate(cues)]
    return (("WEBVTT\n\n" if is_webvtt else "") + "".join(blocks)).replace("\n", end)


@given(_CUES, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_subtitles_come_back_and_only_words_change(cues: list[list[str]], end: str, is_webvtt: bool, bom: bool) -> None:
    if is_webvtt:
        cues = [[line.replace("&", "&amp;") for line in cue] for cue in cues]
    text = bom * "\ufeff" + _file(cues, end, is_webvtt=is_webvtt)
    name = "a.vtt" if is_webvtt else "a.srt"
    assert translated(text, name, same) == text.encode()
    assert translated(text, name, by(models.same)) == text.encode()
    changed = translated(text, name, marked).decode()
    assert re.sub(r"[«»\s]", "", changed) == re.sub(r"\s", "", text)
    assert changed.count(end) == text.count(end)


@given(_CUES)
def test_another_reader_sees_the_same_times_and_the_translated_words(cues: list[list[str]]) -> None:
    # pysubs2 takes a number at the end of a cue for the next one's, as we do not
    text = _file([[line for line in cue if line != "7"] or ["x"] for cue in cues], "\n", is_webvtt=False)
    before = pysubs2.SSAFile.from_string(text, "srt")
    after = pysubs2.SSAFile.from_string(translated(text, "a.srt", by(models.upper)).decode(), "srt")
    assert [(one.start, one.end) for one in after] == [(one.start, one.end) for one in before]
    for one, other in zip(before, after, strict=True):
        assert "".join(other.plaintext.split()) == "".join(one.plaintext.upper().split())


@pytest.mark.parametrize("unit", ["<", "<i>", "</i>", "{\\", " ", "a\n", "<v ", "(", "[", ".", "<c.", "&", "00:"])
def test_hostile_subtitles_take_linear_time(unit: str) -> None:
    data = "1\n00:00:01,000 --> 00:00:02,000\nx" + unit * 20_000
    assert translated(data, "a.srt", same) == data.encode()
    data = "WEBVTT\n\n" + data
    assert translated(data, "a.vtt", same) == data.encode()
    changed = translated(data, "a.vtt", marked)
    assert changed.count(b"\n") == data.count("\n")
