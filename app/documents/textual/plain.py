"""Plain text: a unit for each paragraph; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.documents.content import Content, DocumentLimits, Unit
from app.documents.textual.encoding import decode
from app.text.characters import has_letter
from app.text.document import Range, assemble, from_ranges

_LINE = re.compile(r"[^\r\n]*+(?:\r\n|[\r\n])|[^\r\n]++\Z")
_LONG = 2_000
"""Code points after which a paragraph goes on in another unit with its next line, so that progress can be told."""


def read(data: bytes, limits: DocumentLimits) -> Content:  # noqa: ARG001
    """Read a text. What parts its lines and paragraphs is no unit, so it stays. Raises BrokenDocument."""
    text, encoding = decode(data)
    document = from_ranges(text, _paragraphs(text))
    units = tuple(map(Unit, document.segments))
    return Content(units, lambda translations, _: encoding.encode(assemble(document, translations)))


def _paragraphs(text: str) -> Iterator[Range]:
    start = 0
    for line in _LINE.finditer(text):
        if not line[0].strip() or line.start() - start > _LONG:
            yield from _unit(text, start, line.start())
            start = line.start()
    yield from _unit(text, start, len(text))


def _unit(text: str, start: int, end: int) -> Iterator[Range]:
    """The words from `start` to `end`, without the white space around them; nothing where there are none."""
    words = text[start:end]
    if has_letter(words):
        body = words.strip()
        first = start + len(words) - len(words.lstrip())
        yield first, first + len(body)
