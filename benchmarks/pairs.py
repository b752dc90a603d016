"""Pairs of texts that people translated: a TSV file, or the message catalogs of a system; reads those."""

from __future__ import annotations

import gettext
import gzip
import itertools
from collections.abc import Iterator
from pathlib import Path

Pairs = list[tuple[str, str]]
_LEAST_LETTERS = 4


def read_tsv(path: Path) -> Pairs:
    """Return the last two columns of a TSV file, gzipped or not."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    rows = [line.split("\t")[-2:] for line in text.split("\n")]
    return [(row[0], row[1]) for row in rows if len(row) == 2 and all(map(str.strip, row))]


def read_catalogs(directory: Path, locale: str, most: int = 20_000) -> Pairs:
    """Return one-line English messages of all catalogs with their translations to a locale; some are very free."""
    messages = dict(itertools.chain.from_iterable(map(_messages, sorted(directory.glob(f"{locale}/LC_MESSAGES/*.mo")))))
    return list(messages.items())[:most]


def _messages(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open("rb") as file:
            catalog = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]  # noqa: SLF001
    except (OSError, UnicodeDecodeError, ValueError):
        return
    for message, translation in catalog.items():
        if isinstance(message, str) and _is_prose(message) and "\n" not in translation.strip():
            yield message.strip(), translation.strip()


def _is_prose(message: str) -> bool:
    """Is this words on one line, without accelerator marks that end up in other places?"""
    plain = not set("\n_&\x04") & set(message.strip())
    return plain and sum(map(str.isalpha, message)) >= _LEAST_LETTERS
