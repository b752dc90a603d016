"""Small packages by hand, a reversible translation, and what must be equal before and after it."""

from __future__ import annotations

import codecs
import io
import zipfile
from collections.abc import Mapping
from typing import Any

from lxml import etree

from app.documents import FORMATS, Content, DocumentLimits, Unit
from app.text.markup import Block, parse
from tests.app.text.markup.models import Model, Translation, translate

Files = Mapping[str, str | bytes]

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
ODF = (
    " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{uri}:1.0"'
        for name, uri in {
            **{one: one for one in ("office", "text", "table", "style", "presentation", "chart", "manifest")},
            "draw": "drawing",
            "svg": "svg-compatible",
            "fo": "xsl-fo-compatible",
        }.items()
    )
    + ' xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0" xmlns:officeooo="http://openoffice.org/2009/office"'
)

OFFICE = "application/vnd.openxmlformats-officedocument"


def rot13(block: Block) -> Translation:
    """Translate to words that translate back to the same; others than those of English stay."""
    return codecs.encode(block.text, "rot13"), block.marks


def translated(unit: Unit, model: Model = rot13) -> str:
    """Return the translation of a unit by a model, through the text pipeline's markup."""
    if unit.markup is None:
        return model(Block(unit.text, unit.text, (), lambda text, marks, spelling: text))[0]
    return translate(unit.text, unit.markup, model)


def read(name: str, data: bytes) -> Content:
    return FORMATS[name].read(data, DocumentLimits())


def written(name: str, data: bytes, model: Model = rot13, target: str = "pt") -> bytes:
    """Return a document with all its units translated."""
    content = read(name, data)
    return content.write([translated(unit, model) for unit in content.units], target)


def texts(name: str, data: bytes) -> list[str]:
    return [unit.text for unit in read(name, data).units]


def archive(files: Files, *, stored: tuple[str, ...] = ("mimetype",)) -> bytes:
    """Return a zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in files.items():
            method = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            made.writestr(zipfile.ZipInfo(name, (2024, 2, 29, 12, 34, 56)), content, method)
    return out.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        return {name: made.read(name) for name in made.namelist()}


def canonical(data: bytes) -> bytes:
    """Return what is equal for equal XML, however it is written."""
    return bytes(etree.tostring(etree.fromstring(data), method="c14n"))


def visible(data: bytes) -> list[object]:
    """Return every visible character and every element without any, each with all elements that it is in.

    Which run a space is in is nobody's business, nor how many runs or spans of one look there are side by side, nor in
    which language Word was told to check the spelling.
    """
    found: list[object] = []
    path: list[tuple[Any, ...]] = []
    for event, node in etree.iterwalk(etree.fromstring(data), events=("start", "end", "comment")):
        if event == "comment":
            found.append((tuple(path), node.text))
        elif event == "start":
            path.append(_looks(node))
            found += [(tuple(path), character) for character in _seen(node.text)]
            is_leaf = not len(node) and not node.text and etree.QName(node).localname not in _INVISIBLE
            if is_leaf and not any(tag.endswith("}rPr") for tag, *_ in path):
                found.append(tuple(path))
        else:
            path.pop()
        if event != "start":
            found += [(tuple(path), character) for character in _seen(node.tail)]
    return found


_INVISIBLE = {"s", "span", "r", "t"}


def _seen(text: str | None) -> str:
    return "".join((text or "").split())


def _looks(node: etree._Element) -> tuple[Any, ...]:
    formatting = [one for one in node if isinstance(one.tag, str) and etree.QName(one).localname == "rPr"]
    parts = [(one.tag, *sorted(one.attrib.items())) for part in formatting for one in part.iter()]
    space = "{http://www.w3.org/XML/1998/namespace}space"
    own = sorted(item for item in node.attrib.items() if item[0] != space)
    return node.tag, *own, *(one for one in parts if not str(one[0]).endswith("}lang"))


def assert_only_words_change(name: str, data: bytes, *, target: str = "pt") -> None:
    """Translate there and back: all is as before but white space. Between, all files are there, and other words.

    Pages of books are compared character for character.
    """
    there = written(name, data, target=target)
    before, between, after = members(data), members(there), members(written(name, there, target=target))
    assert list(before) == list(between) == list(after)
    for one, content in before.items():
        if one.endswith("html"):
            assert b"".join(after[one].split()) == b"".join(content.split()), one
        elif after[one] != content:
            assert visible(after[one]) == visible(content), one
    assert [codecs.encode(text, "rot13") for text in _bare(name, there)] == _bare(name, data)


def _bare(name: str, data: bytes) -> list[str]:
    """Return the words of each unit, without white space and what is not translated in them."""
    return ["".join(_words(unit).split()) for unit in read(name, data).units]


def _words(unit: Unit) -> str:
    if unit.markup is None:
        return unit.text
    return "|".join(_translated_words(block) for block in parse(unit.text, unit.markup).blocks)


def _translated_words(block: Block) -> str:
    kept = {at for mark in block.marks if mark.literal is not None for at in range(mark.start, mark.end)}
    return "".join(character for at, character in enumerate(block.text) if at not in kept)


def docx(body: str, *, more: Files | None = None, types: Mapping[str, str] | None = None) -> bytes:
    """Return a document of Word. types: of the files in `more`, without the prefix that most have."""
    names = {"word/document.xml": "wordprocessingml.document.main", **(types or {})}
    document = f"<w:document {W} {R} {A} {MC}><w:body>{body}</w:body></w:document>"
    files = {"[Content_Types].xml": content_types(names), "_rels/.rels": relationships("word/document.xml")}
    return archive({**files, "word/document.xml": document, **(more or {})})


def relationships(main: str) -> str:
    """Return what says which part is the main one."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{kind}" Target="{main}"/></Relationships>'
    )


def content_types(names: Mapping[str, str]) -> str:
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{one if "/" in one else f"{OFFICE}.{one}+xml"}"/>'
        for name, one in names.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def run(text: str, properties: str = "") -> str:
    formatting = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f"<w:r>{formatting}<w:t{space}>{text}</w:t></w:r>"


def paragraph(*runs: str, properties: str = "") -> str:
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{''.join(runs)}</w:p>"


def odt(body: str, *, automatic: str = "", kind: str = "text", more: Files | None = None) -> bytes:
    content = (
        f"<office:document-content {ODF}><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    mimetype = f"application/vnd.oasis.opendocument.{kind}"
    manifest = f"<manifest:manifest {ODF}/>"
    files = {"mimetype": mimetype, "content.xml": content, "META-INF/manifest.xml": manifest}
    return archive({**files, **(more or {})})
