from __future__ import annotations

import pytest
from hypothesis import given
from selectolax.lexbor import LexborHTMLParser

from tests.app.documents.textual.models import by, marked, read, same, texts, translated
from tests.app.text.markup import models, strategies

PAGE = """\ufeff<!DOCTYPE html>\r
<html lang="en-GB">\r
<head><meta charset="utf-8"><title>A &amp; B</title><meta name=description content='Its "words"'>\r
<script>if (a < b) say("Hello")</script></head>\r
<body ><!-- a note --><p>Press <B>Save</B>,\r
  or <a href="x?a=1&b=2" title="More">leave</a>.</p><p translate=no>Name</p><P>Unclosed\r
<img alt=Picture></body>\r
</html>\r
"""


def test_a_page_has_a_unit_for_each_block_and_attribute_and_says_its_language() -> None:
    assert texts(PAGE, "a.html") == [
        "A & B",
        'Press <g i="0">Save</g>, or <g i="1">leave</g>.',
        "Unclosed",
        'Its "words"',
        "More",
        "Picture",
    ]
    assert read(PAGE, "a.html").source == "en-GB"
    assert read("<p>a", "a.html").source == ""
    assert read("<html lang=klingonisch>", "a.html").source == ""


def test_only_words_change() -> None:
    changed = translated(PAGE, "a.htm", marked).decode()
    assert changed == (
        PAGE.replace("A &amp; B", "«A &amp; B»")
        .replace("Press <B>Save</B>,\r\n  or ", "«Press <B>Save</B>, or ")
        .replace("</a>.", "</a>.»")
        .replace("Unclosed", "«Unclosed»")
        .replace('Its "words"', '«Its "words"»')
        .replace("More", "«More»")
        .replace("Picture", "«Picture»")
    )


def test_a_page_in_a_legacy_encoding_stays_in_it() -> None:
    page = "<?xml version='1.0' encoding='windows-1252'?><html xml:lang='fr'><p title='été'>été</p></html>"
    done = translated(page.encode("cp1252"), "a.xhtml", ["ação", "日本"])
    assert done == page.replace(">été", ">ação").replace("'été", "'&#26085;&#26412;").encode("cp1252")
    assert read(page.encode("cp1252"), "a.xhtml").source == "fr"
    body = LexborHTMLParser(done.decode("cp1252")).css_first("p")
    assert body is not None
    assert (body.text(), body.attributes["title"]) == ("ação", "日本")


@given(strategies.html() | strategies.soup())
def test_any_page_comes_back_byte_for_byte(page: str) -> None:
    data = b"x" + page.encode("utf-8", "ignore").replace(b"\0", b"")
    assert translated(data, "a.html", same) == data
    assert translated(data, "a.html", by(models.same)) == data


@given(strategies.html() | strategies.soup())
def test_a_translated_page_has_the_same_tags(page: str) -> None:
    page = "x" + page.encode("utf-8", "ignore").decode().replace("\0", "")
    changed = translated(page, "a.html", by(models.upper)).decode()
    # attributes are translated too, and upper() of an attribute is one that upper() leaves
    assert models.html_skeleton(changed.upper(), ordered=True) == models.html_skeleton(page.upper(), ordered=True)


@pytest.mark.parametrize(
    "unit", ["<", "<b>", "<p><b>x ", "<a href='", "<!--", "<![CDATA[", "&", "<p title='x'>y", "]]>"]
)
def test_hostile_pages_take_linear_time(unit: str) -> None:
    data = ("a" + unit * 30_000).encode()
    assert translated(data, "a.html", same) == data
