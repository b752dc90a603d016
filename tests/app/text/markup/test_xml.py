from __future__ import annotations

import pytest
from lxml import etree

from app.errors import problem_of
from app.text.markup import Format, MalformedMarkup, Options, parse
from tests.app.text.markup import models

XML = Options(Format.XML)
DOCUMENT = """<?xml version="1.0"?>
<document>
  <meta>
    <title>A document's title</title>
  </meta>
  <content>
    <par>The first <b>sentence</b>. A second.</par>
    <par><b>The</b> <i>third</i> one.</par>
  </content>
</document>
"""


def texts(text: str, **options: frozenset[str]) -> list[str]:
    return models.texts(text, Options(Format.XML, **options))  # type: ignore[arg-type]


def test_elements_beside_words_belong_to_the_sentence() -> None:
    assert texts(DOCUMENT) == ["A document's title", "The first sentence. A second.", "The third one."]


def test_without_outline_detection_only_splitting_tags_part() -> None:
    options = Options(Format.XML, outline_detection=False, splitting_tags=frozenset({"title"}))
    assert models.texts(DOCUMENT, options) == [
        "A document's title",
        "The first sentence. A second. The third one.",
    ]


def test_tags_may_be_chosen() -> None:
    text = "<p>One <x>Two</x> three</p>"
    assert texts(text, splitting_tags=frozenset({"x"})) == ["One", "Two", "three"]
    assert texts("<a><b>One</b> <b>two</b></a>", non_splitting_tags=frozenset({"b"})) == ["One two"]
    (block,) = parse(text, Options(Format.XML, ignore_tags=frozenset({"x"}))).blocks
    assert [mark.literal for mark in block.marks] == ["<x>Two</x>"]


def test_ignored_elements_keep_what_is_in_them() -> None:
    options = Options(Format.XML, ignore_tags=frozenset({"x"}))
    changed = models.translate("Go <x>a<y>B</y> &amp;</x> on", options, models.upper)
    assert changed == "GO <x>a<y>B</y> &amp;</x> ON"


@pytest.mark.parametrize("attribute", ['translate="no"', 'translatable="false"', 'its:translate="no"'])
def test_elements_may_ask_not_to_be_translated(attribute: str) -> None:
    assert texts(f"<r><s {attribute}>No</s><s>Yes</s></r>") == ["Yes"]


def test_cdata_is_words_or_html_and_stays_cdata() -> None:
    text = "<r><d><![CDATA[<p>Hi <b>you</b> & me</p>]]></d><e><![CDATA[5 < 6 words]]></e></r>"
    assert texts(text) == ["Hi you & me", "5 < 6 words"]
    changed = models.translate(text, XML, models.upper)
    assert changed == "<r><d><![CDATA[<p>HI <b>YOU</b> &amp; ME</p>]]></d><e><![CDATA[5 < 6 WORDS]]></e></r>"
    (block,) = parse("<![CDATA[words]]>", XML).blocks
    assert block.woven("a ]]> b", ()) == "a ]]]]><![CDATA[> b"


def test_white_space_is_kept_where_xml_space_says_so() -> None:
    assert texts('<a xml:space="preserve">one\n  two</a>') == ["one\n  two"]
    assert texts("<a>one\n  two</a>") == ["one two"]


def test_characters_that_xml_does_not_have_are_not_written() -> None:
    (block,) = parse("<a>words</a>", XML).blocks
    assert block.woven("a\x00b\x0bc\ufffe<", ()) == "abc&lt;"


def test_entities_are_never_expanded() -> None:
    text = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>Hello &e; you</a>'
    assert texts(text) == ["Hello you"]
    assert models.translate(text, XML, models.upper).endswith("<a>HELLO &e; YOU</a>")


def test_a_billion_laughs_is_a_small_text() -> None:
    levels = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">' for i in range(9))
    text = f'<!DOCTYPE l [<!ENTITY l0 "lol">{levels}]><l>Ha &l9; ha</l>'
    assert texts(text) == ["Ha ha"]
    assert models.translate(text, XML, models.same) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<a>x</b>", "expected </a>"),
        ("<a>x", "<a> is not closed"),
        ("x</a>", "nothing is open"),
        ("a & b", "&amp;"),
        ("a < b", "&lt;"),
        ("<a b=c>x</a>", "not written as XML demands"),
        ('<a b="1" b="2">x</a>', "an attribute twice"),
        ('<a b="x & y">x</a>', "&amp;"),
        ("<!-- a -- b -->", '"--"'),
        ("<!-- a", "not closed"),
        ("<![CDATA[ a", "not closed"),
        ("a ]]> b", "]]&gt;"),
        ("a \x00 b", "U+0000"),
        ("&#0;", "not a character"),
        ("<br>", "choose the format html"),
    ],
)
def test_what_is_not_well_formed_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(MalformedMarkup) as caught:
        parse(text, XML)
    assert reason in str(caught.value)
    problem = problem_of(caught.value)
    assert problem is not None
    assert (problem.status, problem.code) == (400, "malformed_markup")
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(f"<root>{text}</root>")


def test_the_place_of_an_error_is_given() -> None:
    with pytest.raises(MalformedMarkup) as caught:
        parse("<a>\n  <b>\n</a>", XML)
    assert (caught.value.line, caught.value.column) == (3, 1)
