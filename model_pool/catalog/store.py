"""The data directory: content-addressed checkpoints and the hub references that point at them; touches disk.

    checkpoints/<digest>/   one directory per content, never written to once it has that name
    references/<name>.json  hub reference -> digest; the name is the quoted reference
    staging/<random>/       a checkpoint being made, owned by whoever locks staging/<random>.lock
    lock                    held while the three above change

A checkpoint appears by one rename and a reference by another, in that order, each after its bytes have been flushed.
So a process that dies anywhere leaves at worst a staging directory or a checkpoint that no reference points at;
the next registration removes both.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from pydantic import BaseModel, ConfigDict, ValidationError

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.files import is_locked, locked, sync, sync_tree, write_durably, writing
from model_pool.errors import CheckpointCorrupted, ManifestInvalid
from model_pool.types import Digest

_LONGEST_NAME = 200
_LOCK_SUFFIX = ".lock"


class ReferenceRecord(BaseModel):
    """One file of `references/`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: str
    digest: str


class Store:
    """The data directory `root`; made on the first registration."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._checkpoints = root / "checkpoints"
        self._references = root / "references"
        self._staging = root / "staging"
        self._lock = root / "lock"

    def path_of(self, digest: Digest) -> Path:
        """Return where the checkpoint with that content is, or would be."""
        return self._checkpoints / digest

    def references(self) -> list[str]:
        """Return every registered hub reference, sorted; those with a damaged record too."""
        return sorted(self._name(path) for path in self._references.glob("*.json"))

    def contains(self, reference: str) -> bool:
        """Say whether a hub reference is registered, be its record damaged or not."""
        return self._record_path(reference).is_file()

    def find(self, reference: str) -> Digest | None:
        """Return the content that a hub reference points at. Raises ManifestInvalid where its record is damaged."""
        path = self._record_path(reference)
        return Digest(self._read(path).digest) if path.is_file() else None

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Yield an empty directory on the checkpoints' file system, removed at the end if it is still there."""
        with ExitStack() as held:
            directory = self._claim(held)
            try:
                yield directory
            finally:
                shutil.rmtree(directory, ignore_errors=True)
                directory.with_suffix(_LOCK_SUFFIX).unlink(missing_ok=True)

    def register(self, staged: Path, references: list[str]) -> Digest:
        """Move a finished staging directory into place and point `references` at it.

        The manifest is inside already. Where the same content is there and whole, that copy stays.
        """
        digest = Checkpoint.read(str(staged), staged).digest
        with writing(self._root), locked(self._lock):
            sync_tree(staged)
            self._install(staged, digest)
            for reference in references:
                record = ReferenceRecord(reference=reference, digest=digest)
                write_durably(self._record_path(reference), record.model_dump_json().encode())
            self._collect()
        return digest

    def remove(self, reference: str) -> None:
        """Forget one reference, and its checkpoint where no other reference has it."""
        with writing(self._root), locked(self._lock):
            self._record_path(reference).unlink(missing_ok=True)
            sync(self._references)
            self._collect()

    def _claim(self, held: ExitStack) -> Path:
        """Make a staging directory and hold its lock until `held` closes."""
        with writing(self._root):
            for directory in (self._checkpoints, self._references, self._staging):
                directory.mkdir(parents=True, exist_ok=True)
            with locked(self._lock):
                self._sweep()
                claimed = Path(tempfile.mkdtemp(dir=self._staging))
                held.enter_context(locked(claimed.with_suffix(_LOCK_SUFFIX)))
        return claimed

    def _sweep(self) -> None:
        """Remove what dead processes left; the caller holds the lock."""
        for name in {path.name.removesuffix(_LOCK_SUFFIX) for path in self._staging.iterdir()}:
            directory, lock = self._staging / name, self._staging / f"{name}{_LOCK_SUFFIX}"
            if not is_locked(lock):
                shutil.rmtree(directory, ignore_errors=True)
                lock.unlink(missing_ok=True)
        for leftover in self._references.glob(".*.tmp"):
            leftover.unlink()

    def _install(self, staged: Path, digest: Digest) -> None:
        target = self.path_of(digest)
        if target.exists():
            try:
                Checkpoint.read(str(target), target).verify()
            except (CheckpointCorrupted, ManifestInvalid):
                target.rename(Path(tempfile.mkdtemp(dir=self._staging)) / "damaged")
            else:
                return
        staged.rename(target)
        sync(self._checkpoints)

    def _collect(self) -> None:
        """Remove checkpoints that no reference points at; the caller holds the lock."""
        try:
            wanted = {self._read(path).digest for path in self._references.glob("*.json")}
        except ManifestInvalid:
            return  # a damaged record may have pointed at any of them: keep all until it is removed
        for checkpoint in self._checkpoints.iterdir():
            if checkpoint.name not in wanted:
                shutil.rmtree(checkpoint)

    def _record_path(self, reference: str) -> Path:
        name = quote(reference, safe="")
        if len(name) > _LONGEST_NAME:
            name = hashlib.sha256(reference.encode()).hexdigest()
        return self._references / f"{name}.json"

    def _name(self, path: Path) -> str:
        try:
            return self._read(path).reference
        except ManifestInvalid:
            return unquote(path.stem)

    def _read(self, path: Path) -> ReferenceRecord:
        try:
            return ReferenceRecord.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise ManifestInvalid(f"{path} is damaged: {error}. Remove the checkpoint and pull it again.") from error
