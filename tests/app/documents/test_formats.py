from __future__ import annotations

import pytest

from app.documents import FORMATS, BrokenDocument, DocumentLimits, DocumentTooLarge, UnsupportedDocument, format_of


@pytest.mark.parametrize(("filename", "name"), [("a.HTM", "html"), ("b.c.docx", "docx"), ("x.xlf", "xliff")])
def test_a_format_is_found_by_extension(filename: str, name: str) -> None:
    assert format_of(filename).name == name


@pytest.mark.parametrize("filename", ["a.pdf", "docx", "", ".docx", "a." + "x" * 999])
def test_another_extension_is_refused_with_those_that_there_are(filename: str) -> None:
    with pytest.raises(UnsupportedDocument, match=", ".join(FORMATS)):
        format_of(filename)


def test_size_is_judged_before_anything_is_read() -> None:
    with pytest.raises(DocumentTooLarge, match=r"documents\.max_bytes"):
        FORMATS["docx"].read(b"x" * 11, DocumentLimits(max_bytes=10))
    with pytest.raises(BrokenDocument, match="empty"):
        FORMATS["docx"].read(b"", DocumentLimits())
