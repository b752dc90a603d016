from __future__ import annotations

import io

import pptx
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from tests.app.documents.packages.builders import (
    A,
    P,
    archive,
    assert_only_words_change,
    content_types,
    members,
    relationships,
    texts,
    written,
)


def presentation(parts: dict[str, str], types: dict[str, str]) -> bytes:
    names = {"ppt/presentation.xml": "presentationml.presentation.main", **types}
    files = {"[Content_Types].xml": content_types(names), "_rels/.rels": relationships("ppt/presentation.xml")}
    return archive({**files, "ppt/presentation.xml": f"<p:presentation {P}/>", **parts})


def slide(inner: str) -> bytes:
    name = "ppt/slides/slide1.xml"
    return presentation({name: f"<p:sld {P} {A}>{inner}</p:sld>"}, {name: "presentationml.slide"})


def test_what_pptx_writers_write_is_translated_and_kept() -> None:
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "A title"
    frame = first.placeholders[1].text_frame
    frame.text = "First point"
    second = frame.add_paragraph()
    for text, bold in (("Some ", None), ("bold", True), (" words", None)):
        one = second.add_run()
        one.text, one.font.bold = text, bold
    second.runs[1].hyperlink.address = "https://example.org/"
    table = first.shapes.add_table(1, 2, Inches(1), Inches(4), Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "A cell", "42"
    first.notes_slide.notes_text_frame.text = "What to say"
    data = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["East"]
    data.add_series("Sales", (1,))  # type: ignore[no-untyped-call]
    chart = first.shapes.add_chart(XL_CHART_TYPE.PIE, Inches(5), Inches(5), Inches(2), Inches(2), data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "A chart"
    out = io.BytesIO()
    deck.save(out)
    assert texts("pptx", out.getvalue()) == [
        "A title",
        "First point",
        'Some <g id="1">bold</g> words',
        "A cell",
        "What to say",
        "A chart",
    ]
    assert_only_words_change("pptx", out.getvalue())
    made = pptx.Presentation(io.BytesIO(written("pptx", out.getvalue()))).slides[0]
    assert made.shapes.title.text == "N gvgyr"
    runs = made.placeholders[1].text_frame.paragraphs[1].runs
    assert [(one.text, one.font.bold, one.hyperlink.address) for one in runs if one.font.bold] == [
        ("obyq", True, "https://example.org/")
    ]
    assert made.notes_slide.notes_text_frame.text == "Jung gb fnl"


def test_fields_and_breaks_stay_and_the_end_stays_last() -> None:
    number = '<a:fld id="{1}" type="slidenum"><a:rPr lang="en-US"/><a:t>7</a:t></a:fld>'
    data = slide(
        '<a:p><a:pPr lvl="1"/><a:r><a:rPr lang="en-US"/><a:t>Slide </a:t></a:r>' + number + "<a:br/>"
        '<a:r><a:rPr lang="en-US"/><a:t>of ten</a:t></a:r><a:endParaRPr lang="en-US"/></a:p>'
    )
    assert texts("pptx", data) == ['Slide <x id="1"/><b id="2"/>of ten']
    assert_only_words_change("pptx", data)
    made = members(written("pptx", data))["ppt/slides/slide1.xml"].decode()
    order = [made.index(one) for one in ("<a:pPr", "Fyvqr", "<a:fld", "<a:br", "bs gra", "<a:endParaRPr")]
    assert order == sorted(order)


def test_prompts_of_layouts_stay_and_their_other_words_do_not() -> None:
    words = "<p:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></p:txBody>".format
    layout = (
        f"<p:sldLayout {P} {A}><p:sp><p:nvSpPr><p:nvPr><p:ph/></p:nvPr></p:nvSpPr>{words('Click to edit')}</p:sp>"
        f"<p:sp><p:nvSpPr><p:nvPr/></p:nvSpPr>{words('Our motto')}</p:sp></p:sldLayout>"
    )
    data = presentation({"ppt/l.xml": layout}, {"ppt/l.xml": "presentationml.slideLayout"})
    assert texts("pptx", data) == ["Our motto"]
    assert_only_words_change("pptx", data)


def test_slides_are_read_in_the_order_of_their_numbers() -> None:
    names = [f"ppt/slides/slide{at}.xml" for at in (10, 2, 1)]
    parts = {name: f"<p:sld {P} {A}><a:p><a:r><a:t>In {name[-6:-4]}</a:t></a:r></a:p></p:sld>" for name in names}
    data = presentation(parts, dict.fromkeys(names, "presentationml.slide"))
    assert texts("pptx", data) == ["In e1", "In e2", "In 10"]


def test_smart_art_says_the_same_in_its_data_and_in_its_drawing() -> None:
    point = f'<x:x xmlns:x="urn:x" {A}><x:t><a:p><a:r><a:t>A step</a:t></a:r></a:p></x:t></x:x>'
    data = presentation(
        {"ppt/diagrams/data1.xml": point, "ppt/diagrams/drawing1.xml": point},
        {
            "ppt/diagrams/data1.xml": "drawingml.diagramData",
            "ppt/diagrams/drawing1.xml": "application/vnd.ms-office.drawingml.diagramDrawing+xml",
        },
    )
    assert texts("pptx", data) == ["A step"]
    made = members(written("pptx", data))
    assert b"N fgrc" in made["ppt/diagrams/data1.xml"]
    assert b"N fgrc" in made["ppt/diagrams/drawing1.xml"]


def test_comments_and_alternative_texts_are_translated() -> None:
    comment = f'<p:cmLst {P}><p:cm authorId="0"><p:text>Change this</p:text></p:cm></p:cmLst>'
    image = f'<p:sld {P} {A}><p:pic><p:cNvPr id="1" name="Picture 1" descr="A red door"/></p:pic></p:sld>'
    data = presentation(
        {"ppt/comments/comment1.xml": comment, "ppt/slides/slide1.xml": image},
        {"ppt/comments/comment1.xml": "presentationml.comments", "ppt/slides/slide1.xml": "presentationml.slide"},
    )
    assert texts("pptx", data) == ["A red door", "Change this"]
    assert_only_words_change("pptx", data)
