"""PO files and templates: a unit for each message, two for one with a plural; fills what has no translation yet. Pure.

What is translated stays, and so does what is marked fuzzy. New translations are not marked fuzzy: programs do not use
messages that are, so the file would look translated and show nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.documents.content import Content, DocumentLimits, Unit
from app.documents.errors import BrokenDocument
from app.documents.textual.encoding import Encoding, decode
from app.documents.textual.languages import refuse_mixing
from app.documents.textual.po_entries import Entry, Field, entries
from app.documents.textual.po_header import Header, declared_by_po
from app.documents.textual.po_strings import written
from app.text.characters import has_letter
from app.text.document import assemble, from_ranges

_LONG_LINE = re.compile(r'^"(?=[^"\r\n]* )[^\r\n]{90}', re.MULTILINE)
_Edits = dict[tuple[int, int], str]


def read(data: bytes, limits: DocumentLimits) -> Content:  # noqa: ARG001
    """Read a PO file. Raises BrokenDocument."""
    text, encoding = decode(data, declared_by_po)
    catalog = _Catalog(text, encoding, list(entries(text)))
    units = catalog.units()

    def write(translations: Sequence[str], target: str) -> bytes:
        if len(translations) != len(units):
            raise ValueError(f"{len(units)} units, but {len(translations)} translations")
        return data if list(translations) == units else catalog.encoded(translations, target)

    headless = "The file has no header, so nothing in it says its language, encoding and plural forms."
    return Content(tuple(map(Unit, units)), write, notes=() if catalog.header_field else (headless,))


class _Catalog:
    """A PO file. open: the entries that are to be translated."""

    def __init__(self, text: str, encoding: Encoding, found: Sequence[Entry]) -> None:
        self._text = text
        self._encoding = encoding
        self._messages = [one for one in found if not one.is_header]
        self._open = [one for one in self._messages if not one.is_fuzzy and _is_open(one)]
        self.header_field = next((one.forms[0] for one in found if one.is_header), None)
        translated = any(form.text for one in self._messages for form in one.forms)
        self._header = Header(self.header_field.text if self.header_field else "", is_translated=translated)
        if not found:
            raise BrokenDocument("The document is not a PO file: it has no messages.")

    def units(self) -> list[str]:
        return [one.text(keyword) for one in self._open for keyword in _keywords(one)]

    def encoded(self, translations: Sequence[str], target: str) -> bytes:
        """Return the file with translations; in UTF-8, which its header says then, if it has no room for them."""
        if self._header.is_translated:
            refuse_mixing(self._header.language, target)
        text = self._written(translations, target, is_utf8=self._encoding.codec.startswith("utf"))
        try:
            return self._encoding.encode(text)
        except UnicodeEncodeError:
            return self._written(translations, target, is_utf8=True).encode()

    def _written(self, translations: Sequence[str], target: str, *, is_utf8: bool) -> str:
        writer = _Writer(self._text)
        plurals = self._header.plurals(target)
        edits: _Edits = {}
        if self.header_field:
            edits |= writer.edits(self.header_field, self._header.written(target, is_utf8=is_utf8))
        rest = iter(translations)
        for entry in self._open:
            done = [next(rest) for _ in _keywords(entry)]
            if len(done) > 1:
                forms = [done[at != plurals.singular or plurals.count == 1] for at in range(plurals.count)]
                edits |= writer.plural_edits(entry, forms)
            else:
                edits |= writer.edits(entry.forms[0], done[0])
        document = from_ranges(self._text, sorted(edits))
        return assemble(document, [edits[place] for place in sorted(edits)])


def _is_open(entry: Entry) -> bool:
    return has_letter(entry.text("msgid")) and not all(form.text for form in entry.forms)


def _keywords(entry: Entry) -> tuple[str, ...]:
    """Return what has to be translated of an entry."""
    return ("msgid", "msgid_plural") if "msgid_plural" in entry.fields else ("msgid",)


class _Writer:
    """Writes strings as the file does: its line ends, and wrapped unless it has long lines."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line_end = "\r\n" if "\r\n" in text else "\n"
        self._wraps = not _LONG_LINE.search(text)

    def edits(self, field: Field, text: str) -> _Edits:
        """Return the change that gives a field this text."""
        return {} if field.text == text else {(field.start, field.end): self._string(field.keyword, text)}

    def plural_edits(self, entry: Entry, forms: Sequence[str]) -> _Edits:
        """Return the change that gives an entry these forms; those that it has stay."""
        made = {f"msgstr[{at}]": self._string(f"msgstr[{at}]", text) for at, text in enumerate(forms)}
        kept = {one.keyword: self._text[one.start : one.end] for one in entry.forms if one.text}
        return {(entry.forms[0].start, entry.forms[-1].end): self._line_end.join((made | kept).values())}

    def _string(self, keyword: str, text: str) -> str:
        return written(keyword, text, line_end=self._line_end, wraps=self._wraps)
