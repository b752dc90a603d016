from __future__ import annotations

import io

import pytest
from odf import teletype  # type: ignore[import-untyped]
from odf.opendocument import OpenDocumentSpreadsheet, OpenDocumentText, load  # type: ignore[import-untyped]
from odf.style import Style, TextProperties  # type: ignore[import-untyped]
from odf.table import Table, TableCell, TableRow  # type: ignore[import-untyped]
from odf.text import A, H, LineBreak, P, S, Span  # type: ignore[import-untyped]

from app.documents import BrokenDocument, ProtectedDocument, UnsafeDocument
from tests.app.documents.packages.builders import (
    ODF,
    archive,
    assert_only_words_change,
    docx,
    members,
    odt,
    paragraph,
    read,
    run,
    texts,
    written,
)
from tests.app.text.markup.models import backwards

BOLD = '<style:style style:name="B" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'
TYPED = (
    '<style:style style:name="T{0}" style:family="text"><style:text-properties officeooo:rsid="{0}"/></style:style>'
).format


def span(text: str, style: str) -> str:
    return f'<text:span text:style-name="{style}">{text}</text:span>'


def content(data: bytes) -> str:
    return members(data)["content.xml"].decode()


def test_formatting_moves_with_its_words() -> None:
    data = odt(f"<text:p>A plain and {span('bold', 'B')} text</text:p>", automatic=BOLD)
    assert texts("odt", data) == ['A plain and <g id="1">bold</g> text']
    assert_only_words_change("odt", data)
    assert f"txet {span('dlob', 'B')} dna" in content(written("odt", data, backwards))


def test_spans_that_only_say_when_they_were_typed_part_nothing() -> None:
    data = odt(f"<text:p>{span('Hel', 'T1')}{span('lo wor', 'T2')}ld</text:p>", automatic=TYPED(1) + TYPED(2))
    assert texts("odt", data) == ["Hello world"]


def test_spans_side_by_side_that_look_alike_are_one() -> None:
    data = odt(f"<text:p>In {span('bo', 'B')}{span('ld', 'B')} type</text:p>", automatic=BOLD)
    assert texts("odt", data) == ['In <g id="1">bold</g> type']


def test_white_space_counts_as_opendocument_counts_it() -> None:
    data = odt("<text:p>  Some\n   words<text:s/> then <text:s text:c='3'/>wide<text:tab/>tab</text:p>")
    assert texts("odt", data) == ['<u xml:space="preserve">Some words  then    wide<b id="1"/>tab</u>']
    made = 'Fbzr jbeqf <text:s text:c="1"/>gura <text:s text:c="3"/>jvqr<text:tab/>gno'
    assert f"<text:p>{made}</text:p>" in content(written("odt", data))


def test_a_flood_of_spaces_is_no_text() -> None:
    data = odt("<text:p>One<text:s text:c='999999999'/>two</text:p>")
    assert texts("odt", data) == ['One<x id="1"/>two']
    assert_only_words_change("odt", data)


def test_notes_comments_boxes_and_deleted_text() -> None:
    body = "<text:note-body><text:p>In a note</text:p></text:note-body>"
    note = f"<text:note><text:note-citation>1</text:note-citation>{body}</text:note>"
    comment = '<office:annotation office:name="c"><text:p>In a comment</text:p></office:annotation>'
    inner = "<draw:text-box><text:p>In a box</text:p></draw:text-box><svg:title>A box</svg:title>"
    box = f"<draw:frame>{inner}</draw:frame>"
    deleted = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>Gone</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
    )
    data = odt(
        f"{deleted}<text:h>A heading</text:h><text:p>Words{note} with {comment}much"
        f'<office:annotation-end office:name="c"/> around {box} them</text:p>'
    )
    assert texts("odt", data) == [
        "A heading",
        'Words<x id="1"/> with <g id="2">much</g> around <x id="3"/> them',
        "In a note",
        "In a comment",
        "In a box",
        "A box",
    ]
    assert_only_words_change("odt", data)


def test_headers_masters_titles_and_properties_are_read() -> None:
    styles = (
        f"<office:document-styles {ODF}><office:master-styles><style:master-page><style:header><text:p>A header"
        '</text:p></style:header><draw:frame presentation:class="title"><text:p>Click here</text:p></draw:frame>'
        "</style:master-page></office:master-styles></office:document-styles>"
    )
    chart = (
        f"<office:document-content {ODF}><office:body><chart:title><text:p>A chart</text:p></chart:title>"
        "<table:table><text:p>Copied cell</text:p></table:table></office:body></office:document-content>"
    )
    title = '<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">A title</dc:title>'
    meta = f"<office:document-meta {ODF}><office:meta>{title}</office:meta></office:document-meta>"
    data = odt("<text:p>Body</text:p>", more={"styles.xml": styles, "Object 1/content.xml": chart, "meta.xml": meta})
    assert texts("odt", data) == ["Body", "A header", "A chart", "A title"]
    assert_only_words_change("odt", data)


def test_presentations_are_read() -> None:
    page = (
        "<presentation:footer-decl presentation:name='f'>A footer</presentation:footer-decl><draw:page><draw:frame>"
        "<draw:text-box><text:p>On a slide</text:p></draw:text-box></draw:frame><presentation:notes>"
        "<text:p>To be said</text:p></presentation:notes></draw:page>"
    )
    data = odt(page, kind="presentation")
    assert texts("odp", data) == ["A footer", "On a slide", "To be said"]
    assert_only_words_change("odp", data)


def cell(text: str, said: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {said}><text:p>{text}</text:p></table:table-cell>"


def test_cells_with_numbers_formulas_and_what_these_refer_to_stay() -> None:
    formula = """office:value-type="string" table:formula='of:=IF([.A1]="Done";"yes";"no")'"""
    cells = (
        cell("done"),
        cell("Words"),
        cell("3 apples", 'office:value-type="float" office:value="3"'),
        cell("yes", formula),
        cell("Twice", 'office:value-type="string" office:string-value="Twice"'),
    )
    data = odt(f"<table:table><table:table-row>{''.join(cells)}</table:table-row></table:table>", kind="spreadsheet")
    assert texts("ods", data) == ["Words", "Twice"]
    assert "'done'" in read("ods", data).notes[0]
    made = content(written("ods", data))
    assert 'string-value="Twice"' not in made
    assert "<text:p>Gjvpr</text:p>" in made


def test_what_odfpy_writes_is_translated_and_kept() -> None:
    document = OpenDocumentText()
    bold = Style(name="Strong", family="text")
    bold.addElement(TextProperties(fontweight="bold"))
    document.automaticstyles.addElement(bold)
    document.text.addElement(H(outlinelevel=1, text="A heading"))
    one = P(text="Words and ")
    one.addElement(Span(stylename=bold, text="bold ones"))
    one.addElement(LineBreak())
    one.addElement(A(href="https://example.org/", text="a link"))
    one.addElement(S(c=2))
    one.addText("end")
    document.text.addElement(one)
    out = io.BytesIO()
    document.save(out)
    data = out.getvalue()
    assert texts("odt", data)[0] == "A heading"
    assert_only_words_change("odt", data)
    made = load(io.BytesIO(written("odt", data)))
    assert teletype.extractText(made.text) == "N urnqvatJbeqf naq obyq barf\nn yvax  raq"
    assert members(written("odt", data))["mimetype"] == b"application/vnd.oasis.opendocument.text"


def test_a_spreadsheet_of_odfpy_is_kept() -> None:
    sheet, table, row = OpenDocumentSpreadsheet(), Table(name="One"), TableRow()
    for text in ("Some words", "Others"):
        held = TableCell(valuetype="string")
        held.addElement(P(text=text))
        row.addElement(held)
    table.addElement(row)
    sheet.spreadsheet.addElement(table)
    out = io.BytesIO()
    sheet.save(out)
    assert texts("ods", out.getvalue()) == ["Some words", "Others"]
    assert_only_words_change("ods", out.getvalue())


def test_a_password_a_signature_and_other_kinds_are_told_apart() -> None:
    entry = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    manifest = f"<manifest:manifest {ODF}>{entry}</manifest:manifest>"
    with pytest.raises(ProtectedDocument, match="password"):
        read("odt", odt("", more={"META-INF/manifest.xml": manifest}))
    signed = read("odt", odt("<text:p>Hi</text:p>", more={"META-INF/documentsignatures.xml": "<x/>"}))
    assert "signature" in signed.notes[0]
    with pytest.raises(BrokenDocument, match=r"content\.xml"):
        read("odt", docx(paragraph(run("Hi"))))
    with pytest.raises(BrokenDocument, match="no body"):
        read("ods", archive({"content.xml": "<x/>"}))


def test_definitions_of_entities_are_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    for encoding in ("utf-8", "utf-16", "utf-16-be"):
        with pytest.raises(UnsafeDocument, match="document type"):
            read("odt", archive({"content.xml": bomb.encode(encoding)}))
    with pytest.raises(BrokenDocument, match="cannot be read"):
        read("odt", archive({"content.xml": "<a>" * 1000 + "</a>" * 1000}))
    with pytest.raises(BrokenDocument, match="cannot be read"):
        read("odt", archive({"content.xml": "<a><b></a>"}))
