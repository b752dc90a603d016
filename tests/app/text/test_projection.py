from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.cutting import cut
from app.text.inline import Link, Mark, Segment, written
from app.text.kinds import Kind
from app.text.lifting import lift, words_between
from app.text.masking import ATTEMPTS, Masked, mask
from app.text.placeholders import placeholders
from app.text.projection import Projected, project

_TAGS = re.compile(r"<[^<>\n]+>")
_MARKUP = re.compile(r"\{v\d+\}|</?t\d+>|<e\d+/>|😀")


@dataclass
class Growing:
    """A segment in the making."""

    text: str = ""
    made: int = 0

    def __post_init__(self) -> None:
        self.marks: list[Mark] = []


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    """Any tree of tags, literals and empty marks over words, with or without spaces between."""
    growing = Growing()
    _grow(draw, growing, 0)
    growing.marks.reverse()  # outer before inner
    return Segment(growing.text, tuple(sorted(growing.marks, key=written)))


def _grow(draw: st.DrawFn, growing: Growing, depth: int) -> None:
    for _ in range(draw(st.integers(1, 4))):
        growing.text += draw(st.sampled_from(["", " ", " ", " ", ", "]))
        growing.made += 1
        number, start = growing.made, len(growing.text)
        kind = draw(st.sampled_from(["word", "word", "literal", "emoji", "empty", "pair"]))
        if kind == "pair" and depth < 3:
            _grow(draw, growing, depth + 1)
            if len(growing.text) > start:
                growing.marks.append(Mark(start, len(growing.text), before=f"<t{number}>", after=f"</t{number}>"))
        elif kind == "literal":
            growing.text += f"{{v{number}}}"
            growing.marks.append(Mark(start, len(growing.text), literal=f"{{v{number}}}", kind=Kind.VARIABLE))
        elif kind == "emoji":
            growing.text += "😀"
            growing.marks.append(Mark(start, len(growing.text), literal="😀", kind=Kind.EMOJI))
        elif kind == "empty":
            growing.marks.append(Mark(start, start, before=f"<e{number}/>"))
        else:
            growing.text += draw(st.sampled_from(["casa", "o", "日本", "rio.", "(x)", "À"]))


def identity(masked: Masked) -> tuple[str, list[Link]]:
    return masked.text, [(match.span(), match.span()) for match in re.finditer(r"\w+|[^\w\s]", masked.text)]


def checked(segment: Segment, projected: Projected) -> None:
    """All marks exactly once, tags well nested."""
    found = _MARKUP.findall(projected.text)
    assert sorted(found) == sorted(_MARKUP.findall(segment.source))
    opened: list[str] = []
    for tag in found:
        if tag.startswith("</"):
            assert opened.pop() == tag[2:]
        elif tag.startswith("<t"):
            opened.append(tag[1:])
    assert not opened


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(segments(), st.integers(0, ATTEMPTS - 1))
def test_a_model_that_repeats_its_input_gives_the_source_back(segment: Segment, attempt: int) -> None:
    masked = mask(segment, attempt)
    projected = project(masked, *identity(masked))
    checked(segment, projected)
    assert squeezed(_MARKUP.sub("", projected.text)) == squeezed(_MARKUP.sub("", segment.source))


@given(segments(), st.randoms(use_true_random=False), st.integers(0, ATTEMPTS - 1))
def test_a_model_that_shuffles_drops_and_doubles_words_loses_no_mark(
    segment: Segment, random: object, attempt: int
) -> None:
    masked = mask(segment, attempt)
    words = [match.span() for match in re.finditer(r"\S+", masked.text)]
    chosen = random.choices(words, k=random.randint(0, 2 * len(words))) if words else []  # type: ignore[attr-defined]
    text, links = "", []
    for start, end in chosen:
        text += " " if text else ""
        links.append(((len(text), len(text) + end - start), (start, end)))
        text += masked.text[start:end]
    checked(segment, project(masked, text, links))


ranges = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (min(pair), max(pair)))


@given(
    segments(),
    st.text(st.characters(max_codepoint=0x3100), max_size=40) | st.sampled_from(["XQ1 XQ1 XQ2", "xq2xq1", "Q1", ""]),
    st.lists(st.tuples(ranges, ranges), max_size=20),
)
def test_any_translation_under_any_alignment_holds_every_mark_well_nested(
    segment: Segment, translation: str, links: list[Link]
) -> None:
    checked(segment, project(mask(segment), translation, links))


@given(segments())
def test_a_segment_split_at_its_marks_is_its_source(segment: Segment) -> None:
    apart = cut(segment, words_between(segment))
    assert apart.joined(apart.segments).source == segment.source
    assert not any(part.marks for part in apart.segments)
    checked(segment, Projected(apart.joined([Segment("um") for _ in apart.segments])))


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["<b>", "</b>", "<i>", "</i>", "<br/>", "a ", "{x}", " 😀 ", "b"]), max_size=12).map(
        "".join
    )
)
def test_plain_text_with_placeholders_survives_a_model_that_repeats_it(text: str) -> None:
    segment = Segment(text, tuple(placeholders(text)))
    assert lift(segment).source == text
    for attempt in range(ATTEMPTS):
        masked = mask(segment, attempt)
        projected = project(masked, *identity(masked)).text
        # A tag inside a word moves to its edge; nothing else moves.
        assert squeezed(_TAGS.sub("", projected)) == squeezed(_TAGS.sub("", text))
        assert sorted(_TAGS.findall(projected)) == sorted(_TAGS.findall(text))


def plain(text: str) -> Segment:
    return Segment(text, tuple(placeholders(text)))


@pytest.mark.parametrize(
    "text",
    [
        "Hello {name}, you have {{count}} messages.",
        "word{x}word and {n}px ({y})!",
        "A 😀 b🎉 c 🎉.",
        "one<br/>two <b>three</b> four",
        "<b>all</b>",
        "<i>a <b>b</b></i>, c",
        "At 10:30 it costs 1,299.50 €, 5% off.",
        "%s: %s (%d)",
        "你好{name}！",  # noqa: RUF001
    ],
)
def test_spacing_is_that_of_the_source(text: str) -> None:
    masked = mask(plain(text))
    projected = project(masked, *identity(masked))
    assert projected.text == text
    assert projected.missing == ()


def test_tags_follow_their_words() -> None:
    segment = plain("The <b>red</b> house")
    masked = mask(segment)
    assert masked.text == "The red house"
    links = [((0, 1), (0, 3)), ((2, 6), (8, 13)), ((7, 15), (4, 7))]
    assert project(masked, "A casa vermelha", links).text == "A casa <b>vermelha</b>"


def test_a_literal_stays_glued_to_a_word_of_several_tokens() -> None:
    masked = mask(plain("at 0x%02x."))
    assert masked.text == "at 0x XQ1."
    links = [((0, 2), (0, 2)), ((3, 4), (3, 4)), ((4, 5), (4, 5)), ((6, 9), (6, 9)), ((9, 10), (9, 10))]
    assert project(masked, "em 0x XQ1.", links).text == "em 0x%02x."


def test_a_tag_inside_a_word_goes_around_the_word() -> None:
    masked = mask(plain("un<b>believ</b>able"))
    assert masked.text == "unbelievable"
    assert project(masked, "incrível", [((0, 8), (0, 12))]).text == "<b>incrível</b>"


def test_punctuation_that_was_outside_a_tag_stays_outside() -> None:
    masked = mask(plain("Press <b>save</b>."))
    links = [((0, 9), (0, 5)), ((10, 16), (6, 10)), ((16, 17), (10, 11))]
    assert project(masked, "Pressione salvar.", links).text == "Pressione <b>salvar</b>."


def test_a_stand_in_that_was_changed_is_found_by_alignment() -> None:
    masked = mask(plain("Hi {name}!"))
    assert masked.text == "Hi XQ1!"
    assert project(masked, "Oi XQ 1!", [((0, 2), (0, 2)), ((3, 7), (3, 6))]).text == "Oi {name}!"


def test_a_stand_in_that_is_gone_is_missing_and_still_there() -> None:
    segment = plain("Hi {name}!")
    projected = project(mask(segment), "Oi!", [((0, 2), (0, 2)), ((2, 3), (6, 7))])
    assert (projected.text, projected.missing) == ("Oi {name}!", segment.marks)


def test_a_stand_in_that_came_twice_is_put_back_once_and_doubted() -> None:
    segment = plain("Hi {name}!")
    projected = project(mask(segment), "Oi XQ1 XQ1!", [])
    assert projected.text.count("{name}") == 1
    assert "XQ1" not in projected.text
    assert projected.missing == segment.marks


def test_a_literal_that_the_model_wrote_by_itself_is_doubted() -> None:
    segment = plain("Pay {sum} now")
    assert project(mask(segment), "Pague XQ1 {sum} agora", []).missing == segment.marks


def test_placeholders_that_count_keep_their_order() -> None:
    segment = plain("%s in %d")
    projected = project(mask(segment), "XQ2 em XQ1", [])
    assert projected.text == "%s em %d"
    assert projected.missing == segment.marks


def test_placeholders_with_names_may_change_places() -> None:
    assert project(mask(plain("%1$s in %2$s")), "XQ2 em XQ1", []).text == "%2$s em %1$s"


def test_stand_ins_are_none_of_the_words_of_the_text() -> None:
    assert mask(plain("XQ1 and xq2 for {a}")).text == "XQ1 and xq2 for XQ3"


def test_many_literals_have_stand_ins_of_their_own() -> None:
    segment = plain(" ".join(f"{{v{number}}} x 10:{number % 60:02}" for number in range(120)))
    for attempt in range(ATTEMPTS):
        masked = mask(segment, attempt)
        assert project(masked, *identity(masked)).text == segment.text


def test_a_glossary_term_stands_for_its_words() -> None:
    segment = Segment("The dog barks", (Mark(4, 7, literal="canídeo", kind=Kind.TERM),))
    masked = mask(segment)
    assert masked.text == "The XQ1 barks"
    assert project(masked, "O XQ1 late", []).text == "O canídeo late"


def test_a_literal_keeps_inside_its_tag() -> None:
    masked = mask(plain("Ask <b>{name} now</b>"))
    links = [((0, 8), (0, 3)), ((9, 14), (8, 11)), ((15, 18), (4, 7))]
    assert project(masked, "Pergunte agora XQ1", links).text == "Pergunte <b>agora {name}</b>"
