"""Finds the entries of a PO file and where their strings are; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from app.documents.errors import BrokenDocument
from app.documents.textual.po_strings import plain

_QUOTED = r'"(?>(?:[^"\\\r\n]|\\[^\r\n])*)"'
_LINE = re.compile(
    rf"[ \t]*+(?>(?:(?P<keyword>msgctxt|msgid_plural|msgid|msgstr(?>(?:\[\d{{1,2}}\])?)|domain)[ \t]*+)?)"
    rf"(?P<strings>(?>(?:{_QUOTED}[ \t]*+)*))(?>(?:(?P<comment>\#[^\r\n]*+))?)(?P<end>\r\n|[\r\n]|\Z)"
)
_STRING = re.compile(_QUOTED)


@dataclass(slots=True)
class Field:
    """A keyword with its string. start, end: from the keyword to the last quote. parts: of the string, in a row."""

    keyword: str
    start: int
    end: int
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The string."""
        return "".join(self.parts)


@dataclass(slots=True)
class Entry:
    """One message; fields by keyword, in their order."""

    fields: dict[str, Field] = field(default_factory=dict)
    is_fuzzy: bool = False

    @property
    def forms(self) -> list[Field]:
        """The fields with translations."""
        return [one for one in self.fields.values() if one.keyword.startswith("msgstr")]

    @property
    def is_header(self) -> bool:
        """Whether it is the one about the file."""
        return "msgctxt" not in self.fields and not self.text("msgid")

    def text(self, keyword: str) -> str:
        """Return the string of a keyword, "" where there is none."""
        return self.fields[keyword].text if keyword in self.fields else ""


def entries(text: str) -> Iterator[Entry]:
    """Yield all entries that are not obsolete. Raises BrokenDocument for what is no PO file."""
    return _Scanner(text).entries()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._entry = Entry()
        self._field: Field | None = None

    def entries(self) -> Iterator[Entry]:
        while self._at < len(self._text):
            match = _LINE.match(self._text, self._at)
            if match is None:
                self._refuse("This is no line of a PO file")
            if self._begins_entry(match):
                yield self._finished()
            self._take(match)
            self._at = match.end()
        if self._entry.fields:
            yield self._finished()

    def _begins_entry(self, line: re.Match[str]) -> bool:
        keyword = line["keyword"] or ""
        is_first = bool(line["comment"]) or keyword in {"msgctxt", "msgid", "domain"}
        return is_first and bool(self._entry.forms)

    def _take(self, line: re.Match[str]) -> None:
        if line["keyword"]:
            self._field = self._named(line)
        elif line["strings"] and self._field is None:
            self._refuse("A string stands here without its keyword")
        if line["strings"] and self._field is not None:
            self._field.parts += (plain(part[1:-1]) for part in _STRING.findall(line["strings"]))
            self._field.end = line.start("strings") + len(line["strings"].rstrip(" \t"))
        comment = line["comment"] or ""
        if comment.startswith("#,") and "fuzzy" in comment:
            self._entry.is_fuzzy = True
        if comment.startswith("#~"):
            self._entry.is_fuzzy = False  # that was the obsolete entry

    def _named(self, line: re.Match[str]) -> Field:
        keyword = line["keyword"]
        if not line["strings"]:
            self._refuse(f"{keyword} has no string beside it")
        if keyword in self._entry.fields:
            self._refuse(f"{keyword} stands twice in one entry")
        if keyword.startswith("msgstr") and "msgid" not in self._entry.fields:
            self._refuse(f"{keyword} has no msgid")
        found = Field(keyword, line.start("keyword"), 0)
        if keyword != "domain":
            self._entry.fields[keyword] = found
        return found

    def _finished(self) -> Entry:
        done = self._entry
        if not done.forms:
            self._refuse("An entry ends here without msgstr")
        self._entry, self._field = Entry(), None
        return done

    def _refuse(self, message: str) -> NoReturn:
        line = self._text.count("\n", 0, self._at) + 1
        raise BrokenDocument(f"The document is not a PO file: {message} (line {line}).")
