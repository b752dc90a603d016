from __future__ import annotations

import pytest

from app.documents import BrokenDocument, ProtectedDocument, UnsafeDocument
from app.documents.packages.fragments import LostMarkup
from tests.app.documents.packages.builders import (
    Files,
    archive,
    assert_only_words_change,
    members,
    read,
    texts,
    written,
)
from tests.app.text.markup.models import backwards

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
NCX = (
    '<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">'
    '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><docTitle><text>A book</text></docTitle>'
    "<docAuthor><text>Ann Author</text></docAuthor><navMap><navPoint><navLabel><text>Chapter one</text></navLabel>"
    "</navPoint></navMap></ncx>"
)


def page(body: str, doctype: str = "<!DOCTYPE html>", head: str = "<title>A page</title>") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n{doctype}\n<html xmlns="http://www.w3.org/1999/xhtml" '
        f'xml:lang="en-GB" lang="en-GB"><head>{head}</head><body>{body}</body></html>\n'
    )


def book(pages: Files, *, more: Files | None = None) -> bytes:
    items = "".join(
        f'<item id="p{at}" href="{name.replace(" ", "%20")}" media-type="application/xhtml+xml"/>'
        for at, name in enumerate(pages)
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A book</dc:title><dc:creator>Ann Author</dc:creator>'
        f'<dc:language>en-GB</dc:language></metadata><manifest>{items}<item id="n" href="toc.ncx" '
        'media-type="application/x-dtbncx+xml"/></manifest><spine><itemref idref="p0"/></spine></package>'
    )
    files = {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER, "OEBPS/book.opf": package}
    named = {f"OEBPS/{name}": one for name, one in pages.items()}
    return archive({**files, **named, "OEBPS/toc.ncx": NCX, "OEBPS/font.otf": b"\0\1", **(more or {})})


def only(body: str, **said: str) -> list[str]:
    return texts("epub", book({"one.xhtml": page(body, head="", **said)}))[1:-1]


def after(data: bytes, name: str = "one.xhtml") -> str:
    return members(data)[f"OEBPS/{name}"].decode()


def test_a_book_is_read_in_its_order_and_says_its_language() -> None:
    first = page("<h1>Chapter one</h1><p>It was a <i>dark</i> night.</p>")
    data = book({"one.xhtml": first, "two 2.xhtml": page("<p>End</p>")})
    content = read("epub", data)
    assert [unit.text for unit in content.units] == [
        "A book",
        "A page",
        "Chapter one",
        "It was a <i>dark</i> night.",
        "End",
    ]
    assert content.source == "en-GB"
    assert_only_words_change_but_language(data)


def assert_only_words_change_but_language(data: bytes) -> None:
    assert_only_words_change("epub", data, target="en-GB")


def test_the_translation_says_its_language() -> None:
    data = book({"one.xhtml": page('<p>Words <span lang="en-GB">here</span>, <span lang="fr">mots</span></p>')})
    made = written("epub", data, target="pt")
    assert "<dc:language>pt</dc:language>" in after(made, "book.opf")
    assert 'xml:lang="pt" lang="pt"><head>' in after(made)
    assert '<span lang="en-GB">' in after(made)
    assert read("epub", made).source == "pt"


def test_the_translation_says_its_language_even_if_its_title_stays() -> None:
    content = read("epub", book({"one.xhtml": page("<p>Words</p>")}))
    made = content.write(["Palavras" if unit.text == "Words" else unit.text for unit in content.units], "pt")
    assert "<dc:language>pt</dc:language>" in after(made, "book.opf")


def test_a_book_in_which_nothing_changes_is_the_same_file() -> None:
    data = book({"one.xhtml": page("<p>Words</p>")})
    content = read("epub", data)
    assert content.write([unit.text for unit in content.units], "pt") == data


def test_a_page_keeps_every_character_that_is_no_word() -> None:
    body = (
        '<p class="a"\n id=\'b\'>One &amp; two&#160;three,<br/>four <a id="page_7"/>five &nbsp; six</p><!-- x -->'
        "<script src='a.js'/><style>p { color: red }</style><p>Old &copy; <em>new</em></p>"
    )
    data = book({"one.xhtml": page(body)})
    assert_only_words_change_but_language(data)
    made = after(written("epub", data, target="en-GB"))
    assert 'Bar &amp; gjb&#160;guerr,<br/>sbhe <a id="page_7"/>svir &nbsp; fvk</p><!-- x -->' in made


def test_named_entities_need_no_document_type() -> None:
    xhtml = '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">'
    assert only("<p>caf&eacute; &mdash; bar</p>", doctype=xhtml) == ["café — bar"]


def test_words_that_are_not_to_be_translated_stay() -> None:
    body = (
        '<p translate="no">Not this <img src="x" alt="nor this"/></p><p>But <code>not_this()</code> and that</p>'
        "<pre>no</pre><p>One <ruby>word<rt>wurd</rt></ruby></p>"
    )
    assert only(body) == ["But <code>not_this()</code> and that", "One <ruby>word<rt>wurd</rt></ruby>"]
    data = book({"one.xhtml": page(body)})
    assert_only_words_change_but_language(data)
    made = after(written("epub", data))
    for kept in ("Not this", "nor this", "not_this()", "<pre>no</pre>", "<rt>wurd</rt>"):
        assert kept in made


def test_what_is_said_of_images_is_translated() -> None:
    data = book({"one.xhtml": page('<p>See <img src="a.png" alt="A &quot;red&quot; door"/> here</p>')})
    assert 'A "red" door' in texts("epub", data)
    assert 'alt="N &quot;erq&quot; qbbe"' in after(written("epub", data))
    assert '<img src="a.png" alt="rood &quot;der&quot; A"/>' in after(written("epub", data, backwards))


def test_a_page_that_is_not_well_formed_is_read_as_browsers_read_it() -> None:
    data = book({"one.xhtml": page("<p>One <b>two</p><p>three & four")})
    assert texts("epub", data)[2:4] == ["One", "two"]
    assert "<p>Bar <b>gjb</p><p>guerr &amp; sbhe</body>" in after(written("epub", data))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_pages_come_back_in_their_encoding(encoding: str) -> None:
    said = page("<p>Caf\u00e9 words</p>").replace("utf-8", encoding.replace("utf-8-sig", "utf-8"))
    data = book({"one.xhtml": said.encode(encoding)})
    assert "Café words" in texts("epub", data)
    assert_only_words_change_but_language(data)
    content = read("epub", data)
    made = content.write(["д" if unit.text == "Café words" else unit.text for unit in content.units], "ru")
    raw = members(made)["OEBPS/one.xhtml"].decode(encoding)
    assert ("<p>&#1076;</p>" if encoding == "iso-8859-1" else "<p>д</p>") in raw


def encryption(algorithm: str) -> Files:
    method = f'<EncryptionMethod Algorithm="{algorithm}"/>'
    data = f'<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#">{method}</EncryptedData>'
    container = "urn:oasis:names:tc:opendocument:xmlns:container"
    return {"META-INF/encryption.xml": f'<encryption xmlns="{container}">{data}</encryption>'}


def test_protected_books_are_refused_and_hidden_fonts_are_not() -> None:
    pages = {"one.xhtml": page("<p>Words</p>")}
    with pytest.raises(ProtectedDocument, match="DRM"):
        read("epub", book(pages, more=encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc")))
    assert read("epub", book(pages, more=encryption("http://www.idpf.org/2008/embedding"))).units


def test_definitions_of_entities_are_refused_in_pages_and_lists() -> None:
    bomb = '<!DOCTYPE html [<!ENTITY a "aaaa">]>'
    with pytest.raises(UnsafeDocument, match="document type"):
        read("epub", book({"one.xhtml": page("<p>&a;</p>", bomb)}))
    with pytest.raises(UnsafeDocument, match="document type"):
        read("epub", archive({"META-INF/container.xml": CONTAINER, "OEBPS/book.opf": f"{bomb}<package/>"}))


def test_a_translation_that_lost_a_tag_is_an_error_of_ours() -> None:
    content = read("epub", book({"one.xhtml": page("<p>Some <b>words</b></p>")}))
    with pytest.raises(LostMarkup):
        content.write([unit.text.replace("<b>", "").replace("</b>", "") for unit in content.units], "pt")


def test_a_file_that_is_no_book_is_refused() -> None:
    with pytest.raises(BrokenDocument, match=r"container\.xml"):
        read("epub", archive({"a.txt": "words"}))
    with pytest.raises(BrokenDocument, match="does not say"):
        read("epub", archive({"META-INF/container.xml": "<x/>"}))
    with pytest.raises(BrokenDocument, match=r"book\.opf"):
        read("epub", archive({"META-INF/container.xml": CONTAINER}))


def test_a_strange_encoding_is_refused() -> None:
    said = page("<p>Words</p>").replace("utf-8", "punycode")
    with pytest.raises(BrokenDocument, match="encoding"):
        read("epub", book({"one.xhtml": said}))
    with pytest.raises(BrokenDocument, match="encoding"):
        read("epub", book({"one.xhtml": page("<p>Words</p>").encode("utf-16-le")}))
