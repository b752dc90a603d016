from __future__ import annotations

import io

import openpyxl  # type: ignore[import-untyped]
import xlsxwriter  # type: ignore[import-untyped]
from openpyxl.cell.rich_text import CellRichText, TextBlock  # type: ignore[import-untyped]
from openpyxl.cell.text import InlineFont  # type: ignore[import-untyped]
from openpyxl.chart import BarChart, Reference  # type: ignore[import-untyped]
from openpyxl.comments import Comment  # type: ignore[import-untyped]
from openpyxl.worksheet.datavalidation import DataValidation  # type: ignore[import-untyped]
from openpyxl.worksheet.table import Table  # type: ignore[import-untyped]

from app.documents.packages.references import literals
from tests.app.documents.packages.builders import (
    X,
    archive,
    assert_only_words_change,
    content_types,
    members,
    read,
    relationships,
    texts,
    written,
)


def workbook(strings: str, sheet: str = "") -> bytes:
    """Return a workbook with these shared strings and cells."""
    names = {
        "xl/workbook.xml": "spreadsheetml.sheet.main",
        "xl/sharedStrings.xml": "spreadsheetml.sharedStrings",
        "xl/worksheets/sheet1.xml": "spreadsheetml.worksheet",
    }
    return archive(
        {
            "[Content_Types].xml": content_types(names),
            "_rels/.rels": relationships("xl/workbook.xml"),
            "xl/workbook.xml": f"<workbook {X}/>",
            "xl/sharedStrings.xml": f"<sst {X}>{strings}</sst>",
            "xl/worksheets/sheet1.xml": f"<worksheet {X}><sheetData>{sheet}</sheetData></worksheet>",
        }
    )


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data), rich_text=True)


def test_words_in_cells_are_units_and_numbers_and_formulas_are_not() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Name", "Price"], ["An apple", 3.5], ["12 %", '=SUM(B2:B9)&" in all"']):
        sheet.append(row)
    data = saved(book)
    assert texts("xlsx", data)[:3] == ["Name", "Price", "An apple"]
    assert_only_words_change("xlsx", data)
    made = opened(written("xlsx", data)).active
    assert [[cell.value for cell in row] for row in made] == [
        ["Anzr", "Cevpr"],
        ["Na nccyr", 3.5],
        ["12 %", '=SUM(B2:B9)&" in all"'],
    ]


def test_texts_that_are_referred_to_stay() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Task", "State", "Size"], ["Wash", "Done", 1], ["Cook", "open", 2], ["Rest", "Late", 3]):
        sheet.append(row)
    sheet["E1"] = '=COUNTIF(B2:B3,"done")'
    sheet.add_table(Table(displayName="Tasks", ref="A1:C4"))
    validation = DataValidation(type="list", formula1='"Open,Closed"')
    validation.add("B2:B9")
    sheet.add_data_validation(validation)
    data = saved(book)
    made = opened(written("xlsx", data)).active
    assert [cell.value for cell in made["B"]] == ["State", "Done", "open", "Yngr"]
    assert [cell.value for cell in made[1]][:3] == [column.name for column in made.tables["Tasks"].tableColumns]
    assert made["A2"].value == "Jnfu"
    assert "stay as they are (5 of them: 'Done', 'Size', 'State', 'Task', 'open')" in read("xlsx", data).notes[0]


def test_formatting_inside_of_a_cell_moves_with_its_words() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = CellRichText("plain and ", TextBlock(InlineFont(b=True), "bold"), " words")
    data = saved(book)
    assert texts("xlsx", data)[0] == 'plain and <g id="1">bold</g> words'
    assert_only_words_change("xlsx", data)
    value = opened(written("xlsx", data)).active["A1"].value
    assert str(value) == "cynva naq obyq jbeqf"
    assert [str(one) for one in value if isinstance(one, TextBlock) and one.font.b] == ["obyq"]


def test_comments_and_titles_of_charts_are_translated() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["x", 1])
    sheet["A1"].comment = Comment("A comment", "Ann")
    chart = BarChart()
    chart.title = "A chart"
    chart.add_data(Reference(sheet, min_col=2, min_row=1))
    sheet.add_chart(chart, "D4")
    data = saved(book)
    assert {"A comment", "A chart"} <= set(texts("xlsx", data))
    assert_only_words_change("xlsx", data)
    made = opened(written("xlsx", data)).active
    assert (made["A1"].comment.text, made["A1"].comment.author) == ("N pbzzrag", "Ann")


def test_strings_in_the_cells_themselves_are_translated() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "In the cell")
        sheet.write(0, 1, 7)
        sheet.write_formula(0, 2, '="a"&"b"', None, "cached words")
    data = out.getvalue()
    assert "inlineStr" in members(data)["xl/worksheets/sheet1.xml"].decode()
    assert texts("xlsx", data) == ["In the cell"]
    assert_only_words_change("xlsx", data)
    assert opened(written("xlsx", data)).active["A1"].value == "Va gur pryy"


def test_a_workbook_of_another_maker_is_kept() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet, bold = book.add_worksheet("Numbers"), book.add_format({"bold": True})
        sheet.write_rich_string("A1", "This is ", bold, "bold", " and this is not")
        sheet.write("A2", "  spaces at both ends  ")
        sheet.write_comment("A2", "A note")
        sheet.insert_textbox("D4", "In a box")
        columns = [{"header": "One"}, {"header": "Two"}]
        sheet.add_table("F1:G3", {"columns": columns, "data": [["words", 1], ["One", 2]]})
    data = out.getvalue()
    assert set(texts("xlsx", data)) == {
        '<g id="1">This is</g> <g id="2">bold</g> and this is not',
        "  spaces at both ends  ",
        "A note",
        "In a box",
        "words",
    }
    assert_only_words_change("xlsx", data)
    made = opened(written("xlsx", data)).active
    assert made["A2"].value == "  fcnprf ng obgu raqf  "
    assert made["F3"].value == "One"


def test_pronunciation_of_old_words_goes_with_them() -> None:
    data = workbook('<si><t>東京 Tokyo</t><rPh sb="0" eb="2"><t>とうきょう</t></rPh><phoneticPr fontId="1"/></si>')
    assert texts("xlsx", data) == ["東京 Tokyo"]
    made = members(written("xlsx", data))["xl/sharedStrings.xml"].decode()
    assert "rPh" not in made
    assert "phoneticPr" not in made


def test_characters_that_workbooks_escape_come_back_escaped() -> None:
    data = workbook("<si><t>one_x000D_\ntwo _x005F_x0041_</t></si>")
    assert texts("xlsx", data) == ["one\r\ntwo _x0041_"]
    assert_only_words_change("xlsx", data)
    made = members(written("xlsx", data, target="pt"))["xl/sharedStrings.xml"].decode()
    assert "bar_x000D_\ngjb _k0041_" in made


def test_a_formula_at_the_end_of_a_large_sheet_is_found() -> None:
    rows = "".join(f'<row r="{at}"><c r="A{at}"><v>{at}</v></c></row>' for at in range(1, 20_000))
    data = workbook("<si><t>Total</t></si>", f'{rows}<row r="20000"><c r="A20000"><f>IF(A1="Total",1,2)</f></c></row>')
    assert texts("xlsx", data) == []


def test_literals_of_formulas_are_found() -> None:
    assert list(literals('IF(A1="say ""hi""","x","a,b")')) == ['say "hi"', "x", "a,b", "a", "b"]
    assert list(literals("SUM(A1:A2)")) == []
