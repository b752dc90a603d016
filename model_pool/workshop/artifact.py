"""What steps read and write: directories and files, identified by their content; touches disk.

    <directory>/artifact.json   kind, every file's SHA-256, and the lineage; written last, so what has it is whole

A checkpoint or a corpus from elsewhere has no record: it is read as it is; its content is its identity all the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from model_pool.catalog.files import record_file, sync_tree, write_durably
from model_pool.catalog.manifest import CONFIG_NAME, MANIFEST_NAME, FileName, FileRecord
from model_pool.workshop.errors import ArtifactInvalid

RECORD_NAME = "artifact.json"
_TOKENIZER = (".model", ".vocab", ".spm", "vocab.json", "tokenizer_config.json")


class Kind(StrEnum):
    """What can be done with an artifact."""

    CORPUS = "corpus"
    """Text files, or a directory of them."""

    TOKENIZER = "tokenizer"
    """SentencePiece models."""

    TRAINABLE = "trainable"
    """A sequence-to-sequence checkpoint as transformers reads it, with its SentencePiece models."""

    MARIAN = "marian"
    """A Marian binary model with its vocabulary, and maybe a lexical shortlist."""

    SERVABLE = "servable"
    """A CTranslate2 checkpoint with the catalog's manifest."""

    REPORT = "report"
    """Figures, tables and plots."""


class StepLineage(BaseModel):
    """How an artifact was made. parents: digest by the input's name. figures: what was measured while making it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: str
    step_version: int
    options: dict[str, Any]
    seed: int
    parents: dict[str, str]
    versions: dict[str, str]
    figures: dict[str, Any] = {}


class Record(BaseModel):
    """`artifact.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record_version: int = 1
    kind: Kind
    files: dict[FileName, FileRecord]
    lineage: StepLineage


@dataclass(frozen=True, slots=True)
class Artifact:
    """An input or an output of a step.

    paths: the directory, or the files and directories of a corpus. digest: SHA-256 over names and contents. lineage:
    None for what came from elsewhere.
    """

    kind: Kind
    paths: tuple[Path, ...]
    digest: str
    lineage: StepLineage | None = None

    @property
    def path(self) -> Path:
        """The directory, or the only file."""
        if len(self.paths) != 1:
            raise ArtifactInvalid(f"{len(self.paths)} files are given where one directory is needed.")
        return self.paths[0]


def open_artifact(paths: Iterable[Path]) -> Artifact:
    """Read what is at these paths: one directory, or the files and directories of a corpus. Hashes what has no record.

    Raises ArtifactInvalid.
    """
    found = tuple(paths)
    if len(found) == 1 and found[0].is_dir():
        return _open_directory(found[0])
    missing = [str(path) for path in found if not path.exists()]
    if missing or not found:
        raise ArtifactInvalid(f"There is no {', '.join(missing) or 'file at all'}. Inputs are files or directories.")
    listed = json.dumps([_part_digest(path) for path in found], separators=(",", ":"))
    return Artifact(Kind.CORPUS, found, hashlib.sha256(listed.encode()).hexdigest())


def seal(directory: Path, kind: Kind, lineage: StepLineage) -> Artifact:
    """Write the record of a finished directory, which makes an artifact of it."""
    files = _recorded(directory)
    if not files:
        raise ArtifactInvalid(f"{directory} is empty, so it is no artifact.")
    record = Record(kind=kind, files=files, lineage=lineage)
    sync_tree(directory)
    write_durably(directory / RECORD_NAME, (record.model_dump_json(indent=2) + "\n").encode())
    return Artifact(kind, (directory,), content_digest(files), lineage)


def verify(artifact: Artifact) -> None:
    """Compare every file of a directory with its record. Raises ArtifactInvalid naming the first that differs."""
    record = _read_record(artifact.path)
    found = _recorded(artifact.path)
    for name in sorted({*record.files, *found}):
        if record.files.get(name) != found.get(name):
            raise ArtifactInvalid(f"{artifact.path / name} is not what its record says. Make the artifact again.")


def content_digest(files: Mapping[str, FileRecord]) -> str:
    """Return the identity of some named contents."""
    listed = json.dumps({name: files[name].sha256 for name in sorted(files)}, separators=(",", ":"))
    return hashlib.sha256(listed.encode()).hexdigest()


def _part_digest(path: Path) -> str:
    """Return the identity of one of several parts of a corpus. Raises ArtifactInvalid."""
    if path.is_file():
        return content_digest({path.name: record_file(path)})
    part = _open_directory(path)
    if part.kind is not Kind.CORPUS:
        raise ArtifactInvalid(f"{path} is a {part.kind}; only corpora are given several at once.")
    return part.digest


def _open_directory(directory: Path) -> Artifact:
    if (directory / RECORD_NAME).is_file():
        record = _read_record(directory)
        return Artifact(record.kind, (directory,), content_digest(record.files), record.lineage)
    return Artifact(_kind_of(directory), (directory,), content_digest(_recorded(directory)))


def _read_record(directory: Path) -> Record:
    path = directory / RECORD_NAME
    try:
        return Record.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ArtifactInvalid(f"{path} cannot be read: {error}") from error


def _kind_of(directory: Path) -> Kind:
    names = {path.name for path in directory.iterdir()}
    if MANIFEST_NAME in names:
        return Kind.SERVABLE
    if CONFIG_NAME in names and any(name.endswith(".safetensors") for name in names):
        return Kind.TRAINABLE
    if any(name.startswith("model.") and name.endswith((".bin", ".npz")) for name in names):
        return Kind.MARIAN
    if any(name.endswith((".model", ".spm")) for name in names) and all(name.endswith(_TOKENIZER) for name in names):
        return Kind.TOKENIZER
    return Kind.CORPUS


def _recorded(directory: Path) -> dict[str, FileRecord]:
    files = (path for path in sorted(directory.rglob("*")) if path.is_file() and path.name != RECORD_NAME)
    return {path.relative_to(directory).as_posix(): record_file(path) for path in files}
