"""Reads sentence pairs: TSV, JSON lines or plain text, gzipped or not, one file after another; touches disk.

a.tsv.gz    source TAB target, or as `columns` says
a.jsonl     {"source": ..., "target": ...}, or the keys that `columns` names
a.txt       one source in each line
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from model_pool.workshop.artifact import Artifact
from model_pool.workshop.errors import DataInvalid

PAIR = ("source", "target")
SPLITS = ("train", "valid", "test")
_ROLES = ("origin", "source", "target")
_IGNORED = "-"

Columns = Sequence[str]
"""What stands in each column: source, target, origin, or "-" for what is not read. Of JSON lines: role=key, where a dot
goes into an object (source=translation.en)."""

_Parse = Callable[[str], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and its translation. target: empty in text of one language. origin: where it is from, if said."""

    source: str
    target: str = ""
    origin: str = ""


def read_pairs(paths: Iterable[Path], columns: Columns = PAIR) -> Iterator[Pair]:
    """Yield the pairs of some files, streaming. Empty lines are passed over.

    Raises DataInvalid with file and line where a line does not have these columns, is not UTF-8 or not JSON.
    """
    check_columns(columns)
    for path in paths:
        parse = _parser(path, columns)
        for number, line in read_lines(path):
            try:
                yield Pair(**parse(line))
            except (ValueError, KeyError, TypeError) as error:
                said = f"there is no {error}" if isinstance(error, KeyError) else str(error)
                raise DataInvalid(f"{path}, line {number}: {said}.") from error


def read_lines(path: Path, *, empty: bool = False) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines. empty: those without text too. Raises DataInvalid."""
    number = 0
    opened = gzip.open if path.name.endswith(".gz") else open
    try:
        with opened(path, "rt", encoding="utf-8", newline="\n") as stream:
            for number, line in enumerate(stream, 1):
                text = line.rstrip("\r\n")
                if empty or text.strip():
                    yield number, text
    except UnicodeDecodeError as error:
        raise DataInvalid(f"{path}, after line {number}: it is not UTF-8. Convert it first.") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataInvalid(f"{path}, after line {number}: the gzip file is damaged ({error}).") from error


def corpus_files(corpus: Artifact, split: str = "train") -> list[Path]:
    """Return the files of one split of a corpus, as the step corpus names them; files given by hand are all train.

    Empty where the corpus has no such split.
    """
    return [one for path in corpus.paths for one in split_files(path, split)]


def split_files(path: Path, split: str) -> list[Path]:
    """Return the files of one split of one part of a corpus."""
    if path.is_dir():
        return sorted(one for one in path.iterdir() if one.name.split(".")[0] == split)
    return [path] if split == "train" else []


def read_corpus(corpus: Artifact, split: str = "train", columns: Columns = PAIR) -> Iterator[Pair]:
    """Yield the pairs of a split. Raises DataInvalid where there is none."""
    files = corpus_files(corpus, split)
    if not files:
        raise DataInvalid(f"{_named(corpus)} has no {split}.* file. Make it with the step corpus, or give files.")
    return read_pairs(files, columns)


def check_columns(columns: Columns) -> None:
    """Raise DataInvalid unless the columns have a source and every role once."""
    roles = [one.partition("=")[0] for one in columns if one != _IGNORED]
    unknown = [one for one in roles if one not in _ROLES]
    if unknown or "source" not in roles or len(set(roles)) != len(roles):
        raise DataInvalid(
            f"The columns are {' '.join(columns) or 'none'}. "
            "They need a source, and may have a target, an origin and - for what is not read."
        )


def _parser(path: Path, columns: Columns) -> _Parse:
    name = path.name.removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson", ".json")):
        return lambda line: _from_json(line, columns)
    if name.endswith(".txt"):
        return lambda line: {"source": line}
    return lambda line: _from_tsv(line, columns)


def _from_tsv(line: str, columns: Columns) -> dict[str, str]:
    fields = line.split("\t")
    if len(fields) != len(columns):
        raise ValueError(f"{len(fields)} columns where {len(columns)} are expected ({' '.join(columns)})")
    return {role.partition("=")[0]: field for role, field in zip(columns, fields, strict=True) if role != _IGNORED}


def _from_json(line: str, columns: Columns) -> dict[str, str]:
    content = json.loads(line)
    found: dict[str, str] = {}
    for column in columns:
        role, _, key = column.partition("=")
        if role != _IGNORED:
            found[role] = _at(content, key or role)
    return found


def _at(content: object, key: str) -> str:
    for part in key.split("."):
        if not isinstance(content, dict):
            raise TypeError(f"{key!r} is not in an object")
        content = content[part]
    if not isinstance(content, str):
        raise TypeError(f"{key!r} is no text")
    return content


def _named(corpus: Artifact) -> str:
    return ", ".join(str(path) for path in corpus.paths)
