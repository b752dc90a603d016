"""Markdown: a unit for each heading, paragraph and cell, as `app.text.markup` finds them; pure."""

from __future__ import annotations

from app.documents.content import Content, DocumentLimits
from app.documents.textual.encoding import decode
from app.documents.textual.marked import content_of
from app.text.markup import Format, Options, parse


def read(data: bytes, limits: DocumentLimits) -> Content:  # noqa: ARG001
    """Read Markdown; anything is. docs/text.md says what is translated of it. Raises BrokenDocument."""
    text, encoding = decode(data)
    return content_of(parse(text, Options(Format.MARKDOWN)), encoding.encode)
