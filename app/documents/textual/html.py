"""HTML and XHTML: a unit for each block and for each attribute that people read; pure."""

from __future__ import annotations

from app.documents.content import Content, DocumentLimits
from app.documents.textual.encoding import declared_by_html, decode
from app.documents.textual.languages import language_of
from app.documents.textual.marked import content_of
from app.text.markup import Format, Options, parse
from app.text.markup.html_tokens import TokenKind, tokenize


def read(data: bytes, limits: DocumentLimits) -> Content:  # noqa: ARG001
    """Read a page; anything is HTML. docs/text.md says what is translated of it. Raises BrokenDocument."""
    text, encoding = decode(data, declared_by_html)
    blocks = parse(text, Options(Format.HTML))
    return content_of(blocks, encoding.encode_markup, source=_source(text))


def _source(text: str) -> str:
    for token in tokenize(text):
        if token.kind is TokenKind.OPEN:
            said = token.attributes() if token.name == "html" else {}
            return language_of(said.get("lang") or said.get("xml:lang", ""))
    return ""
