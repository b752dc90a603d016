"""Entries as tab- or comma-separated lines, as DeepL has them; pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Literal

from app.glossaries.glossary import Fault, GlossaryInvalid, raise_invalid

EntriesFormat = Literal["tsv", "csv"]

_LINE_ENDS = ("\r\n", "\r")


def read_entries(text: str, form: EntriesFormat) -> list[tuple[str, str]]:
    """Return (source term, target term) line by line. Raises GlossaryInvalid naming lines that are no pair.

    Blank lines are passed over, as is a byte order mark. csv: RFC 4180; a third and fourth column, which DeepL reads
    languages from, are passed over too.
    """
    text = text.removeprefix("\ufeff")
    rows = _tsv(text) if form == "tsv" else _csv(text)
    faults: list[Fault] = []
    pairs: list[tuple[str, str]] = []
    most = 2 if form == "tsv" else 4
    for number, row in rows:
        if 2 <= len(row) <= most:
            pairs.append((row[0], row[1]))
        else:
            faults.append((f"line {number}", f"has {len(row)} columns instead of 2"))
    if faults:
        raise_invalid(faults)
    return pairs


def write_entries(entries: Mapping[str, str], form: EntriesFormat) -> str:
    """Write entries so that `read_entries` gives them back."""
    if form == "tsv":
        return "".join(f"{term}\t{translation}\n" for term, translation in entries.items())
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(entries.items())
    return stream.getvalue()


def _tsv(text: str) -> Iterable[tuple[int, list[str]]]:
    for end in _LINE_ENDS:
        text = text.replace(end, "\n")
    return [(number, line.split("\t")) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _csv(text: str) -> Iterable[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise GlossaryInvalid(f"The entries are no CSV: line {reader.line_num}: {error}.") from None
