from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.documents.packages.fragments import Fragment, LostMarkup, Node, Span, Void, fragment_of, paired
from app.text.inline import Mark
from app.text.markup import Block
from tests.app.documents.packages.builders import translated
from tests.app.text.markup.models import Translation, backwards, hostile, same, upper

words = st.text("ab &<>\t\n é漢\u00a0", max_size=6)
voids = st.builds(Void, st.integers(), st.booleans())
nodes = st.recursive(
    st.one_of(words, voids),
    lambda inner: st.builds(lambda held: Span("span", tuple(held)), st.lists(inner, max_size=4)),
    max_leaves=12,
)
paragraphs = st.lists(nodes, max_size=8)


def everything(found: list[Node] | tuple[Node, ...]) -> list[int]:
    """Return the identity of each thing and each span's payload, wherever it is."""
    out = []
    for node in found:
        if isinstance(node, Void):
            out.append(id(node))
        elif isinstance(node, Span):
            out += [-1, *everything(node.children)]
    return sorted(out)


def letters(found: list[Node] | tuple[Node, ...]) -> str:
    said = (node if isinstance(node, str) else letters(node.children) for node in found if not isinstance(node, Void))
    return "".join("".join(said).split())


def only_the_words(block: Block) -> Translation:
    """Translate to words on whose marks nothing is known: all are put at the end, as empty ones."""
    end = len(block.text)
    return block.text.upper() if len(block.text.upper()) == end else block.text, [
        Mark(end, end, None, mark.before + mark.after) if mark.is_empty else mark for mark in block.marks
    ]


@settings(max_examples=400, deadline=None)
@given(paragraphs, st.sampled_from([same, upper, backwards, hostile, only_the_words]))
def test_whatever_the_model_says_each_thing_comes_back_once(found: list[Node], model: object) -> None:
    fragment = fragment_of(found)
    if fragment is None:
        return
    made = fragment.nodes(translated(fragment.unit, model))  # type: ignore[arg-type]
    assert everything(made) == everything(found)


@settings(max_examples=300, deadline=None)
@given(paragraphs)
def test_a_unit_that_stays_gives_the_paragraph_that_was(found: list[Node]) -> None:
    fragment = fragment_of(found)
    if fragment is not None:
        made = fragment.nodes(fragment.unit.text)
        assert letters(made) == letters(found)
        assert everything(made) == everything(found)


@pytest.mark.parametrize(
    "broken",
    [
        "no tags at all",
        '<g id="1">one</g>',
        '<g id="1">one</g><x id="2"/><x id="2"/>',
        '<g id="1">one</g><x id="3"/>',
        '<x id="1"/><x id="2"/>',
        '<g id="1">one</g><g id="2">two</g>',
        '<g id="1">one<x id="2"/>',
        'a & b <g id="1">one</g><x id="2"/>',
    ],
)
def test_a_translation_that_lost_markup_is_an_error_of_ours(broken: str) -> None:
    fragment = fragment_of(["zero ", Span(None, ("one",)), Void(None), " two"])
    assert fragment is not None
    with pytest.raises(LostMarkup):
        fragment.nodes(broken)


def test_wide_white_space_is_kept() -> None:
    fragment = fragment_of(["Name:   ", Span(None, ("bold",)), "\tvalue"])
    assert fragment is not None
    made = fragment.nodes(translated(fragment.unit, upper))
    assert [node.children if isinstance(node, Span) else node for node in made] == ["NAME:   ", ("BOLD",), "\tVALUE"]


def test_a_space_between_a_thing_and_a_span_is_kept() -> None:
    fragment = fragment_of(["On page ", Void("number"), Span(None, (" of ten",)), " pages"])
    assert fragment is not None
    made = fragment.nodes(translated(fragment.unit, upper))
    assert made == ["ON PAGE ", Void("number"), " ", Span(None, ("OF TEN",)), " PAGES"]


def test_nothing_to_translate_is_no_unit() -> None:
    assert fragment_of([" 12 ", Void(None), Span(None, ("%",))]) is None
    assert fragment_of([]) is None


def test_a_span_around_everything_needs_no_tag() -> None:
    fragment = fragment_of([Void("image"), Span("link", (Span("bold", ("words",)),)), Void("mark")])
    assert isinstance(fragment, Fragment)
    assert fragment.unit.text == "words"
    assert fragment.nodes("palavras") == [
        Void("image"),
        Span("link", (Span("bold", ("palavras",)),)),
        Void("mark"),
    ]


def test_pairs_become_spans_and_those_that_cross_do_not() -> None:
    start, end = Void("start", opens="a"), Void("end", closes="a")
    other, last = Void("other", opens="b"), Void("last", closes="b")
    assert paired([start, "x", end], lambda one, two: (one.payload, two.payload)) == [Span(("start", "end"), ("x",))]
    crossing = paired([start, "x", other, "y", end, last], lambda one, two: (one.payload, two.payload))
    assert crossing == [Span(("start", "end"), ("x", other, "y")), last]
    lone = [other, "x", end, start]
    assert paired(lone, lambda one, two: None) == lone


def test_thousands_of_pairs_in_pairs_take_no_recursion() -> None:
    starts = [Void(at, opens=str(at)) for at in range(5000)]
    ends = [Void(at, closes=str(at)) for at in reversed(range(5000))]
    found = paired([*starts, "words", *ends], lambda one, two: None)
    fragment = fragment_of(found)
    assert fragment is not None
    assert fragment.unit.text == "words"
