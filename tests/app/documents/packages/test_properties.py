"""For all formats: whatever is in a document, only its words change, and whatever is sent, it is read or refused."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from time import process_time
from xml.sax.saxutils import escape

import docx as python_docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.documents import FORMATS, DocumentLimits
from app.errors import RequestError
from tests.app.documents.packages.builders import (
    archive,
    assert_only_words_change,
    docx,
    members,
    odt,
    paragraph,
    read,
    run,
    translated,
)
from tests.app.documents.packages.test_docx import field
from tests.app.documents.packages.test_epub import book, page
from tests.app.documents.packages.test_pptx import slide
from tests.app.documents.packages.test_xlsx import workbook
from tests.app.text.markup.models import Model, backwards, hostile

words = st.text(st.sampled_from("aB cé&<>\"'.漢\u00a0"), min_size=1, max_size=8)
looks = st.sampled_from(["", "<w:b/>", "<w:i/>", '<w:color w:val="FF0000"/>', '<w:b/><w:lang w:val="en-US"/>'])
word_runs = st.builds(lambda text, look: run(escape(text), look), words, looks)
word_things = st.sampled_from(
    [
        "<w:r><w:tab/></w:r>",
        "<w:r><w:rPr><w:b/></w:rPr><w:br/></w:r>",
        '<w:r><w:footnoteReference w:id="2"/></w:r>',
        "<w:r><w:drawing/></w:r>",
        '<w:bookmarkStart w:id="1" w:name="a"/>',
        '<w:bookmarkEnd w:id="1"/>',
        '<w:commentRangeStart w:id="1"/>',
        '<w:commentRangeEnd w:id="1"/>',
        "<w:del w:id='3'><w:r><w:delText>gone</w:delText></w:r></w:del>",
        field("PAGE", run("3")),
        field("REF x", run("Figure one", "<w:b/>")),
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>',
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>',
        "<!-- a comment -->",
    ]
)
word_children = st.recursive(
    st.one_of(word_runs, word_runs, word_things),
    lambda inner: st.builds(
        lambda held, tag: f'<w:{tag} w:id="9">{"".join(held)}</w:{tag}>',
        st.lists(inner, max_size=4),
        st.sampled_from(["hyperlink", "ins", "smartTag"]),
    ),
    max_leaves=10,
)
word_paragraphs = st.lists(word_children, max_size=8).map(lambda held: paragraph(*held))
word_bodies = st.lists(word_paragraphs, min_size=1, max_size=3).map("".join)

odf_things = st.sampled_from(
    [
        "<text:s/>",
        "<text:s text:c='3'/>",
        "<text:tab/>",
        "<text:line-break/>",
        "<text:note><text:note-body><text:p>note</text:p></text:note-body></text:note>",
        '<text:bookmark-start text:name="a"/>',
        '<text:bookmark-end text:name="a"/>',
        "<draw:frame><draw:image/></draw:frame>",
        "<text:page-number>3</text:page-number>",
        "<!-- a comment -->",
    ]
)
odf_children = st.recursive(
    st.one_of(words.map(escape), odf_things),
    lambda inner: st.builds(
        lambda held, tag: f"<text:{tag}>{''.join(held)}</text:{tag.split()[0]}>",
        st.lists(inner, max_size=4),
        st.sampled_from(['span text:style-name="B"', 'span text:style-name="C"', 'a href="x"']),
    ),
    max_leaves=10,
)
odf_bodies = st.lists(odf_children, max_size=8).map(lambda held: f"<text:p>{''.join(held)}</text:p>")

drawing_looks = st.sampled_from(["", ' b="1"', ' i="1"'])
drawing_runs = st.builds(lambda text, look: f"<a:r><a:rPr{look}/><a:t>{escape(text)}</a:t></a:r>", words, drawing_looks)
drawing_things = st.sampled_from(["<a:br/>", '<a:fld id="{1}" type="x"><a:t>7</a:t></a:fld>'])
drawing_paragraphs = st.lists(st.one_of(drawing_runs, drawing_things), max_size=8).map(
    lambda held: f"<a:p><a:pPr/>{''.join(held)}<a:endParaRPr/></a:p>"
)

cell_looks = st.sampled_from(["<b/>", "<i/>"])
cell_texts = words.map(lambda text: f'<t xml:space="preserve">{escape(text)}</t>')
cell_runs = st.builds(lambda text, look: f"<r><rPr>{look}</rPr>{text}</r>", cell_texts, cell_looks)
strings = st.one_of(cell_texts, st.lists(cell_runs, min_size=1).map("".join))
string_lists = st.lists(strings, min_size=1, max_size=4).map(lambda held: "".join(f"<si>{one}</si>" for one in held))

page_things = st.sampled_from(["<br/>", '<a id="p"/>', '<img alt="words" src="x"/>', "<!-- c -->", "&nbsp;"])
page_children = st.recursive(
    st.one_of(words.map(lambda text: escape(text.replace("\u00a0", ""))), page_things, st.just("<code>x</code>")),
    lambda inner: st.builds(
        lambda held, tag: f"<{tag}>{''.join(held)}</{tag}>", st.lists(inner, max_size=4), st.sampled_from("bpi")
    ),
    max_leaves=10,
)
pages = st.lists(page_children, max_size=6).map("".join)


def book_of(body: str) -> bytes:
    return book({"one.xhtml": page(body)})


EVERY_KIND = pytest.mark.parametrize(
    ("name", "bodies", "made"),
    [
        ("docx", word_bodies, docx),
        ("odt", odf_bodies, odt),
        ("pptx", drawing_paragraphs, slide),
        ("xlsx", string_lists, workbook),
        ("epub", pages, book_of),
    ],
    ids=["docx", "odt", "pptx", "xlsx", "epub"],
)
Bodies = st.SearchStrategy[str]
Make = Callable[[str], bytes]
EXAMPLES = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@EVERY_KIND
def test_only_words_change(name: str, bodies: Bodies, made: Make) -> None:
    target = "en-GB" if name == "epub" else "pt"

    @EXAMPLES
    @given(bodies)
    def holds(body: str) -> None:
        assert_only_words_change(name, made(body), target=target)

    holds()


@EVERY_KIND
def test_whatever_a_model_says_the_document_can_be_read_again(name: str, bodies: Bodies, made: Make) -> None:
    @EXAMPLES
    @given(bodies, st.sampled_from([backwards, hostile]))
    def holds(body: str, model: Model) -> None:
        data = made(body)
        content = read(name, data)
        out = content.write([translated(unit, model) for unit in content.units], "pt")
        assert list(members(out)) == list(members(data))
        read(name, out)

    holds()


@EVERY_KIND
def test_what_stays_is_the_same_file(name: str, bodies: Bodies, made: Make) -> None:
    @settings(EXAMPLES, max_examples=20)
    @given(bodies)
    def holds(body: str) -> None:
        content = read(name, made(body))
        assert content.write([unit.text for unit in content.units], "pt") == made(body)

    holds()


@EVERY_KIND
def test_whatever_is_changed_in_a_part_it_is_read_or_refused(name: str, bodies: Bodies, made: Make) -> None:
    bytes_put = st.sampled_from([b"<", b">", b'"', b"\0", b"\xff", b"&", b"a"])

    @EXAMPLES
    @given(bodies, st.integers(0, 10), st.lists(st.tuples(st.integers(0, 10_000), bytes_put)))
    def holds(body: str, which: int, places: list[tuple[int, bytes]]) -> None:
        files = members(made(body))
        part = sorted(files)[which % len(files)]
        content = bytearray(files[part])
        for at, value in places:
            content[at % max(len(content), 1) : at % max(len(content), 1) + 1] = value
        with suppress(RequestError):
            read(name, archive({**files, part: bytes(content)}))

    holds()


def test_a_document_may_be_written_many_times() -> None:
    content = read("docx", docx(paragraph(run("One "), run("two", "<w:b/>"))))
    first = content.write([translated(unit) for unit in content.units], "pt")
    assert content.write([translated(unit) for unit in content.units], "pt") == first
    assert content.write([unit.text for unit in content.units], "pt") != first


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.text("ab cé<&", min_size=1), st.booleans(), st.booleans()), max_size=5), max_size=4)
)
def test_documents_of_word_by_another_maker_are_kept(paragraphs: list[list[tuple[str, bool, bool]]]) -> None:
    document = python_docx.Document()
    for runs in paragraphs:
        made = document.add_paragraph()
        for text, bold, slanted in runs:
            one = made.add_run(text)
            one.bold, one.italic = bold or None, slanted or None
    out = io.BytesIO()
    document.save(out)
    assert_only_words_change("docx", out.getvalue())


def test_the_time_grows_with_the_document() -> None:
    """Many runs, bookmarks, open fields: what would be slow if anything were done for each two of them."""
    nasty: list[Callable[[int], str]] = [
        lambda many: run("a") * many,
        lambda many: run("a", "<w:b/>") + (run("b", "<w:i/>") + "<w:r><w:drawing/></w:r>") * many,
        lambda many: "".join(f'<w:bookmarkStart w:id="{at}" w:name="x"/>' for at in range(many)) + run("x"),
        lambda many: '<w:r><w:fldChar w:fldCharType="begin"/></w:r>' * many + run("x"),
        lambda many: "<w:r><w:t>a</w:t><w:softHyphen/></w:r>" * many,
    ]
    for body in nasty:
        few, many = (_seconds(docx(paragraph(body(count)))) for count in (500, 8_000))
        assert many < 64 * few  # 16 times as much; with squares it would be 256 times


def _seconds(data: bytes) -> float:
    """Return what reading and writing takes of the CPU, the better of two times."""
    limits = DocumentLimits(max_characters=10**9, max_ratio=10_000)
    taken = []
    for _ in range(2):
        start = process_time()
        content = FORMATS["docx"].read(data, limits)
        content.write([unit.text.replace(">b<", ">c<") + " " for unit in content.units], "pt")
        taken.append(process_time() - start)
    return min(taken)


def test_nothing_imports_lxml_before_the_first_such_document() -> None:
    code = "import sys, app.main, app.documents; sys.exit('lxml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
