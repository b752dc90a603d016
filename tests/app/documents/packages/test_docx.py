from __future__ import annotations

import io

import docx as python_docx
import pytest
from docx.enum.text import WD_COLOR_INDEX
from docx.shared import Inches
from lxml import etree

from app.documents import BrokenDocument
from app.documents.packages.fragments import MOST_NESTED
from tests.app.documents.packages.builders import (
    A,
    Files,
    R,
    W,
    archive,
    assert_only_words_change,
    canonical,
    content_types,
    docx,
    members,
    paragraph,
    read,
    run,
    texts,
    written,
)
from tests.app.text.markup.models import backwards

BOLD, ITALIC = "<w:b/>", "<w:i/>"


def body(data: bytes) -> str:
    return members(data)["word/document.xml"].decode()


def test_a_paragraph_of_one_formatting_is_plain_text() -> None:
    data = docx(paragraph(run("Hello there", BOLD)))
    assert texts("docx", data) == ["Hello there"]
    assert_only_words_change("docx", data)


def test_runs_that_look_alike_are_one() -> None:
    noise = '<w:lang w:val="en-US"/>'
    data = docx(paragraph(run("Hel"), "<w:proofErr/>", run("lo wo", noise), "<w:lastRenderedPageBreak/>", run("rld")))
    assert texts("docx", data) == ["Hello world"]
    assert body(written("docx", data)).count("<w:r>") == 1


def test_formatting_moves_with_its_words() -> None:
    data = docx(paragraph(run("A plain start, "), run("bold words", BOLD), run(" and "), run("slanted", ITALIC)))
    assert texts("docx", data) == ['A plain start, <g id="1">bold words</g> and <g id="2">slanted</g>']
    assert_only_words_change("docx", data)
    document = python_docx.Document(io.BytesIO(written("docx", data, backwards)))
    runs = [(one.text, one.bold, one.italic) for one in document.paragraphs[0].runs]
    assert runs == [
        ("detnals", None, True),
        (" dna ", None, None),
        ("sdrow dlob", True, None),
        (" ,trats nialp A", None, None),
    ]


def test_the_commonest_formatting_needs_no_tag() -> None:
    assert texts("docx", docx(paragraph(run("Nearly everything is bold, ", BOLD), run("not this", ""))))[0].startswith(
        "Nearly"
    )


def test_a_space_without_formatting_parts_nothing() -> None:
    assert texts("docx", docx(paragraph(run("Two", BOLD), run(" "), run("words", BOLD)))) == ["Two words"]


def test_a_line_to_fill_in_keeps_its_underline() -> None:
    data = docx(paragraph(run("Name: "), run("      ", "<w:u/>"), run(" of the owner")))
    assert texts("docx", data) == ['Name: <x id="1"/> of the owner']
    assert_only_words_change("docx", data)


def test_breaks_and_tabs_end_sentences_and_stay() -> None:
    data = docx(paragraph("<w:r><w:t>Name</w:t><w:tab/><w:t>value</w:t><w:br/><w:t>More</w:t></w:r>"))
    assert texts("docx", data) == ['Name<b id="1"/>value<b id="2"/>More']
    document = python_docx.Document(io.BytesIO(written("docx", data)))
    assert document.paragraphs[0].text == "Anzr\tinyhr\nZber"


def test_what_is_at_the_edges_is_no_part_of_the_unit() -> None:
    start, end = '<w:bookmarkStart w:id="1" w:name="_Toc1"/>', '<w:bookmarkEnd w:id="1"/>'
    data = docx(paragraph("<w:r><w:tab/></w:r>", start, run("A heading"), end, properties='<w:pStyle w:val="H"/>'))
    assert texts("docx", data) == ["A heading"]
    assert_only_words_change("docx", data)


@pytest.mark.parametrize("kind", ["bookmark", "commentRange", "perm", "moveToRange", "moveFromRange"])
def test_a_range_never_ends_before_it_begins(kind: str) -> None:
    start, end = f'<w:{kind}Start w:id="1"/>', f'<w:{kind}End w:id="1"/>'
    data = docx(paragraph(run("One "), start, run("two "), end, run("three")))
    assert_only_words_change("docx", data)
    made = body(written("docx", data, backwards))
    assert made.index(f"{kind}Start") < made.index("owt") < made.index(f"{kind}End") < made.index("enO")


def test_spaces_at_the_ends_of_runs_are_said_to_count() -> None:
    data = docx(paragraph(run("One "), run("two", BOLD), run(" three")))
    made = body(written("docx", data))
    assert '<w:t xml:space="preserve">Bar </w:t>' in made
    assert "<w:t>gjb</w:t>" in made


def test_bookmarks_that_cross_are_kept() -> None:
    starts = [f'<w:bookmarkStart w:id="{one}" w:name="{one}"/>' for one in "12"]
    ends = [f'<w:bookmarkEnd w:id="{one}"/>' for one in "12"]
    data = docx(paragraph(run("One "), starts[0], run("two "), starts[1], run("three "), *ends, run("four")))
    assert_only_words_change("docx", data)


def test_a_link_is_translated_inside_of_its_sentence() -> None:
    link = f'<w:hyperlink r:id="rId4">{run("the second page", "<w:u/>")}</w:hyperlink>'
    data = docx(paragraph(run("See "), link, run(" first")))
    assert texts("docx", data) == ['See <g id="1">the second page</g> first']
    assert_only_words_change("docx", data)


def field(instruction: str, result: str) -> str:
    char = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    return f"{char('begin')}<w:r><w:instrText>{instruction}</w:instrText></w:r>{char('separate')}{result}{char('end')}"


def test_a_computed_field_is_one_thing_and_a_linked_text_is_words() -> None:
    data = docx(
        paragraph(run("On page "), field("PAGE", run("seven")), run(" see "), field("HYPERLINK x", run("this one")))
    )
    assert texts("docx", data) == ['On page <x id="1"/> see <g id="2">this one</g>']
    assert_only_words_change("docx", data)


def test_fields_in_fields_and_fields_that_never_end_are_kept() -> None:
    inner = field("HYPERLINK y", run("in a link"))
    broken = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    deep = field("PAGE", field("PAGE", field("PAGE", field("PAGE", field("PAGE", field("PAGE", run("x")))))))
    data = docx(
        paragraph(run("Before "), field("IF 1", inner + run("yes")), run(" behind "), deep, run(" then "))
        + paragraph(run("Some "), broken, run("words"))
    )
    assert texts("docx", data)[1] == 'Some <x id="1"/>words'
    assert_only_words_change("docx", data)


def test_inserted_text_is_text_and_deleted_text_stays() -> None:
    author = 'w:id="5" w:author="Ann" w:date="2024-01-01T00:00:00Z"'
    deleted = f"<w:del {author}><w:r><w:delText>old words</w:delText></w:r></w:del>"
    data = docx(paragraph(run("It is "), f"<w:ins {author}>{run('newly ')}</w:ins>", deleted, run("written")))
    assert texts("docx", data) == ['It is <g id="1">newly</g> <x id="2"/>written']
    assert_only_words_change("docx", data)
    assert "old words" in body(written("docx", data))
    assert 'w:author="Ann"' in body(written("docx", data))


def test_a_text_box_is_translated_alike_in_both_of_its_forms() -> None:
    words = f"<w:txbxContent>{paragraph(run('In the box'))}</w:txbxContent>"
    box = (
        f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'>{words}</mc:Choice>"
        f"<mc:Fallback>{words}</mc:Fallback></mc:AlternateContent></w:r>"
    )
    data = docx(paragraph(run("Around "), box, run(" it")))
    assert texts("docx", data) == ['Around <x id="1"/> it', "In the box"]
    assert body(written("docx", data)).count("Va gur obk") == 2
    assert_only_words_change("docx", data)


def test_controls_and_special_hyphens_are_kept() -> None:
    control = f"<w:sdt><w:sdtPr><w:alias w:val='x'/></w:sdtPr><w:sdtContent>{run('choice')}</w:sdtContent></w:sdt>"
    hyphen = "<w:r><w:t>well</w:t><w:noBreakHyphen/><w:t>known</w:t></w:r>"
    data = docx(paragraph(run("A "), control, run(" of "), hyphen))
    assert texts("docx", data) == ['A <g id="1">choice</g> of well\u2011known']
    assert_only_words_change("docx", data)


def test_every_part_with_words_is_read() -> None:
    parts = {name: f"<w:x {W}>{paragraph(run(f'In {name}'))}</w:x>" for name in ("header", "footnotes", "comments")}
    chart = f'<c:chartSpace xmlns:c="urn:c" {A}><a:p><a:r><a:t>A chart</a:t></a:r></a:p></c:chartSpace>'
    more = {**{f"word/{name}.xml": part for name, part in parts.items()}, "word/charts/chart1.xml": chart}
    types = {f"word/{name}.xml": f"wordprocessingml.{name}" for name in parts}
    data = docx(paragraph(run("Body")), more=more, types={**types, "word/charts/chart1.xml": "drawingml.chart"})
    assert texts("docx", data) == ["Body", "In header", "In footnotes", "In comments", "A chart"]
    assert_only_words_change("docx", data)


def test_strict_documents_are_read_too() -> None:
    strict = 'xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"'
    document = f"<w:document {strict}><w:body>{paragraph(run('Hello '), run('you', BOLD))}</w:body></w:document>"
    types = content_types({"word/document.xml": "wordprocessingml.document.main"})
    data = archive({"[Content_Types].xml": types, "word/document.xml": document})
    assert texts("docx", data) == ['Hello <g id="1">you</g>']
    assert_only_words_change("docx", data)


def test_spans_nested_too_deep_stay_as_they_are() -> None:
    deep = "<w:ins w:id='1'>" * 100 + run("down there") + "</w:ins>" * 100
    data = docx(paragraph(run("Up here "), deep, run(" and here")))
    assert texts("docx", data) == ['Up here <x id="1"/> and here']
    assert_only_words_change("docx", data)
    assert MOST_NESTED < 100


def test_a_signature_and_embedded_files_are_spoken_of() -> None:
    more: Files = {"_xmlsignatures/sig1.xml": "<x/>", "word/embeddings/sheet.xlsx": b"PK"}
    notes = read("docx", docx(paragraph(run("Hi")), more=more)).notes
    assert "signature does not hold" in notes[0]
    assert "embedded" in notes[1]


def test_names_of_parts_may_have_any_number() -> None:
    name = f"word/header{'9' * 900}.xml"
    header = f"<w:hdr {W}>{paragraph(run('On top'))}</w:hdr>"
    data = docx(paragraph(run("Hi")), more={name: header}, types={name: "wordprocessingml.header"})
    assert texts("docx", data) == ["Hi", "On top"]


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(BrokenDocument, match="no pptx"):
        read("pptx", docx(paragraph(run("Hi"))))


def test_word_would_open_what_comes_out() -> None:
    document = python_docx.Document()
    one = document.add_paragraph("A formatted ", style="List Bullet")
    one.add_run("bold and ").bold = True
    one.add_run("red").font.highlight_color = WD_COLOR_INDEX.RED
    one.add_run().add_picture(io.BytesIO(PIXEL), width=Inches(1))
    one.add_run(" paragraph.")
    table = document.add_table(2, 2)
    table.cell(0, 0).text, table.cell(1, 1).text = "A cell", "42"
    document.sections[0].header.paragraphs[0].text = "A header"
    document.core_properties.title = "A title"
    out = io.BytesIO()
    document.save(out)
    assert_only_words_change("docx", out.getvalue())
    made = python_docx.Document(io.BytesIO(written("docx", out.getvalue())))
    assert made.paragraphs[0].text == "N sbeznggrq obyq naq erq cnentencu."
    assert [one.text for one in made.paragraphs[0].runs if one.bold] == ["obyq naq"]
    assert [one.text for one in made.paragraphs[0].runs if one.font.highlight_color == WD_COLOR_INDEX.RED] == ["erq"]
    assert (made.tables[0].cell(0, 0).text, made.tables[0].cell(1, 1).text) == ("N pryy", "42")
    assert made.sections[0].header.paragraphs[0].text == "N urnqre"
    assert made.core_properties.title == "N gvgyr"
    assert len(made.inline_shapes) == 1


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf500f0003860180"
    "5a347d6b0000000049454e44ae426082"
)


def test_rewriting_runs_leaves_their_other_attributes() -> None:
    data = docx('<w:p w:rsidR="1"><w:r w:rsidR="2"><w:rPr><w:b/></w:rPr><w:t>word</w:t></w:r></w:p>')
    made = etree.fromstring(members(written("docx", data))["word/document.xml"])
    expected = members(data)["word/document.xml"].replace(b">word<", b">jbeq<")
    assert canonical(etree.tostring(made)) == canonical(expected)
    assert R in body(data)
