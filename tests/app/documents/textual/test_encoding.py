from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents import BrokenDocument
from app.documents.textual.encoding import Encoding, declared_by_html, declared_by_xml, decode

UNICODE = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(TEXT, st.sampled_from([*UNICODE, (b"", "utf-8")]))
def test_every_unicode_file_comes_back_with_its_bom(text: str, how: tuple[bytes, str]) -> None:
    bom, codec = how
    data = bom + text.encode(codec)
    if not bom and text.startswith("\ufeff"):
        return  # that is the case with a BOM
    found, encoding = decode(data)
    assert found == text
    assert encoding.encode(found) == data


@pytest.mark.parametrize(
    ("label", "codec", "word"),
    [
        ("ISO-8859-1", "cp1252", "café “x”"),
        ("windows-1251", "cp1251", "Привет"),
        ("Shift_JIS", "cp932", "日本語"),
        ("gb2312", "gb18030", "汉字"),
        ("EUC-KR", "cp949", "한국어"),
        ("iso-2022-jp", "iso2022_jp", "日本語"),
    ],
)
def test_a_file_that_is_no_utf_8_is_read_as_it_declares(label: str, codec: str, word: str) -> None:
    data = f"<meta charset='{label}'><p>{word}".encode(codec)
    text, encoding = decode(data, declared_by_html)
    assert word in text
    assert encoding.encode(text) == data


def test_utf_8_wins_over_a_declaration_that_is_wrong() -> None:
    text, encoding = decode('<meta charset="iso-8859-1">é'.encode(), declared_by_html)
    assert text.endswith("é")
    assert encoding == Encoding("utf-8")


def test_a_file_in_ascii_is_written_in_what_it_declares() -> None:
    text, encoding = decode(b"<meta charset=latin1>a", declared_by_html)
    assert encoding.encode(text + "é").endswith(b"a\xe9")


@pytest.mark.parametrize(
    "data",
    [
        b"caf\xe9",
        b"<meta charset=utf-8>caf\xe9",
        b"<meta charset=utf-7>caf\xe9",
        b"<meta charset=rot13>caf\xe9",
        b"<meta charset=unicode_escape>caf\xe9",
        codecs.BOM_UTF8 + b"\xff",
        codecs.BOM_UTF16_LE + b"\x00\xd8",
    ],
)
def test_nothing_is_guessed(data: bytes) -> None:
    with pytest.raises(BrokenDocument, match="as UTF-8"):
        decode(data, declared_by_html)


@pytest.mark.parametrize("data", [b"a\0b", "words".encode("utf-16-le")])
def test_what_has_nul_characters_is_no_text(data: bytes) -> None:
    with pytest.raises(BrokenDocument, match="NUL"):
        decode(data)


def test_an_encoding_that_would_write_other_bytes_is_refused() -> None:
    with pytest.raises(BrokenDocument, match="Save it as UTF-8"):
        decode(b"<meta charset=iso-2022-jp>\x1b$B\x1b$BF|\x1b(B", declared_by_html)


def test_xml_declares_its_encoding_in_its_first_line_only() -> None:
    assert declared_by_xml(b"<?xml version='1.0' encoding='KOI8-R'?>") == "KOI8-R"
    assert declared_by_xml(b"<a><?xml version='1.0' encoding='KOI8-R'?></a>") == ""


def test_markup_gets_references_for_what_its_encoding_has_not() -> None:
    encoding = Encoding("cp1252")
    assert encoding.encode_markup("é日") == b"\xe9&#26085;"
    assert encoding.encode_markup("<![CDATA[é日x]]>é") == b"<![CDATA[\xe9]]>&#26085;<![CDATA[x]]>\xe9"


def test_references_cost_linear_time() -> None:
    Encoding("cp1252").encode_markup("<![CDATA[" * 200_000 + "日")
