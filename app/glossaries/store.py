"""Glossaries on disk, in one SQLite file (`app.sqlite`): call it off the event loop; touches disk.

An owner of None is somebody who sees all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from app.glossaries.glossary import (
    Dictionary,
    DictionaryInfo,
    Glossary,
    GlossaryInvalid,
    GlossaryNotFound,
    GlossaryStoreFailed,
    checked_name,
)
from app.sqlite import Database

GLOSSARIES_FILE = "glossaries.sqlite3"
"""In the data directory."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS glossaries (
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, created REAL NOT NULL, version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS glossaries_of_owner ON glossaries (owner, created);
CREATE TABLE IF NOT EXISTS dictionaries (
  glossary TEXT NOT NULL REFERENCES glossaries ON DELETE CASCADE,
  source TEXT NOT NULL, target TEXT NOT NULL, entry_count INTEGER NOT NULL, entries TEXT NOT NULL,
  PRIMARY KEY (glossary, source, target)
);
"""
_VERSION = 1


@dataclass(frozen=True, slots=True)
class GlossaryStore:
    """Keeps glossaries in `path`, which is made with the first of them.

    most: glossaries that one owner may have. most_entries: in one dictionary.
    Raises GlossaryNotFound for an id that is not there or not the owner's, GlossaryStoreFailed where SQLite does.
    """

    path: Path
    most: int
    most_entries: int

    def create(self, owner: str, name: str, dictionaries: Sequence[Dictionary]) -> Glossary:
        """Keep a new glossary. Raises GlossaryInvalid."""
        _check_pairs(dictionaries)
        made = str(uuid4())
        with self._file.writing() as db:
            (count,) = db.execute("SELECT count(*) FROM glossaries WHERE owner = ?", (owner,)).fetchone()
            if count >= self.most:
                raise GlossaryInvalid(f"There are {count} glossaries already, as many as there may be. Delete one.")
            row = (made, owner, checked_name(name), datetime.now(UTC).timestamp(), 1)
            db.execute("INSERT INTO glossaries VALUES (?, ?, ?, ?, ?)", row)
            for dictionary in dictionaries:
                _put(db, made, dictionary)
            return _read(db, made, owner)

    def list(self, owner: str | None) -> list[Glossary]:
        """Return every glossary that the owner sees, oldest first."""
        if not self._file.exists:
            return []
        with self._file.reading() as db:
            order = "ORDER BY created, id"
            if owner is None:
                rows = db.execute(f"SELECT * FROM glossaries {order}")  # noqa: S608 - constant
            else:
                rows = db.execute(f"SELECT * FROM glossaries WHERE owner = ? {order}", (owner,))  # noqa: S608 - constant
            return [_glossary(db, row) for row in rows.fetchall()]

    def get(self, glossary_id: str, owner: str | None) -> Glossary:
        """Return one glossary."""
        self._check_there(glossary_id)
        with self._file.reading() as db:
            return _read(db, glossary_id, owner)

    def entries(self, glossary_id: str, owner: str | None, source: str, target: str) -> Mapping[str, str]:
        """Return the entries of exactly this pair, in order."""
        self._check_there(glossary_id)
        with self._file.reading() as db:
            return _entries(db, _read(db, glossary_id, owner), source, target)

    def change(
        self, glossary_id: str, owner: str | None, *, name: str | None = None, merged: Sequence[Dictionary] = ()
    ) -> Glossary:
        """Rename a glossary, add to its dictionaries and make new ones; entries there already are overwritten.

        Raises GlossaryInvalid.
        """
        _check_pairs(merged)
        with self._changing(glossary_id, owner) as (db, glossary):
            if name is not None:
                db.execute("UPDATE glossaries SET name = ? WHERE id = ?", (checked_name(name), glossary.id))
            for dictionary in merged:
                _put(db, glossary.id, self._merged(db, glossary, dictionary))
            return _read(db, glossary.id, owner)

    def replace_dictionary(self, glossary_id: str, owner: str | None, dictionary: Dictionary) -> Glossary:
        """Put a dictionary in the place of the one of its pair, or beside the others."""
        with self._changing(glossary_id, owner) as (db, glossary):
            _put(db, glossary.id, dictionary)
            return _read(db, glossary.id, owner)

    def delete_dictionary(self, glossary_id: str, owner: str | None, source: str, target: str) -> Glossary:
        """Forget the dictionary of exactly this pair."""
        with self._changing(glossary_id, owner) as (db, glossary):
            _entries(db, glossary, source, target)
            where = (glossary.id, source, target)
            db.execute("DELETE FROM dictionaries WHERE glossary = ? AND source = ? AND target = ?", where)
            return _read(db, glossary.id, owner)

    def delete(self, glossary_id: str, owner: str | None) -> None:
        """Forget a glossary."""
        with self._changing(glossary_id, owner) as (db, glossary):
            db.execute("DELETE FROM glossaries WHERE id = ?", (glossary.id,))

    def _merged(self, db: sqlite3.Connection, glossary: Glossary, new: Dictionary) -> Dictionary:
        known = any((one.source, one.target) == (new.source, new.target) for one in glossary.dictionaries)
        old = _entries(db, glossary, new.source, new.target) if known else {}
        entries = {**old, **new.entries}
        if len(entries) > self.most_entries:
            raise GlossaryInvalid(f"That makes {len(entries)} entries; a dictionary may have {self.most_entries}.")
        return Dictionary(new.source, new.target, entries)

    @contextmanager
    def _changing(self, glossary_id: str, owner: str | None) -> Iterator[tuple[sqlite3.Connection, Glossary]]:
        self._check_there(glossary_id)
        with self._file.writing() as db:
            glossary = _read(db, glossary_id, owner)
            db.execute("UPDATE glossaries SET version = version + 1 WHERE id = ?", (glossary.id,))
            yield db, glossary

    @property
    def _file(self) -> Database:
        return Database(self.path, _SCHEMA, _VERSION, "glossaries", GlossaryStoreFailed, GlossaryStoreFailed)

    def _check_there(self, glossary_id: str) -> None:
        if not self._file.exists:
            raise _not_found(glossary_id)


def _check_pairs(dictionaries: Iterable[Dictionary]) -> None:
    pairs = [(one.source, one.target) for one in dictionaries]
    for pair in pairs:
        if pairs.count(pair) > 1:
            raise GlossaryInvalid(f"There are two dictionaries for {pair[0]} to {pair[1]}; put them into one.")


def _put(db: sqlite3.Connection, glossary_id: str, dictionary: Dictionary) -> None:
    entries = json.dumps(dict(dictionary.entries), ensure_ascii=False, separators=(",", ":"))
    row = (glossary_id, dictionary.source, dictionary.target, len(dictionary.entries), entries)
    db.execute("INSERT OR REPLACE INTO dictionaries VALUES (?, ?, ?, ?, ?)", row)


def _read(db: sqlite3.Connection, glossary_id: str, owner: str | None) -> Glossary:
    row = db.execute("SELECT * FROM glossaries WHERE id = ?", (_canonical(glossary_id),)).fetchone()
    # To others it is as if it were not there: an answer that differs would tell them that it is.
    if row is None or owner not in {None, row[1]}:
        raise _not_found(glossary_id)
    return _glossary(db, row)


def _glossary(db: sqlite3.Connection, row: tuple[str, str, str, float, int]) -> Glossary:
    known, owner, name, created, version = row
    parts = "SELECT source, target, entry_count FROM dictionaries WHERE glossary = ? ORDER BY source, target"
    infos = tuple(DictionaryInfo(*part) for part in db.execute(parts, (known,)))
    return Glossary(known, owner, name, datetime.fromtimestamp(created, UTC), version, infos)


def _entries(db: sqlite3.Connection, glossary: Glossary, source: str, target: str) -> Mapping[str, str]:
    query = "SELECT entries FROM dictionaries WHERE glossary = ? AND source = ? AND target = ?"
    row = db.execute(query, (glossary.id, source, target)).fetchone()
    if row is None:
        raise GlossaryNotFound(f"Glossary {glossary.id} has no dictionary for {source} to {target}.")
    entries: dict[str, str] = json.loads(row[0])
    return entries


def _canonical(glossary_id: str) -> str:
    try:
        return str(UUID(glossary_id))
    except ValueError:
        raise _not_found(glossary_id) from None


def _not_found(glossary_id: str) -> GlossaryNotFound:
    return GlossaryNotFound(f"There is no glossary {glossary_id[:40]!r}. GET /glossaries lists yours.")
