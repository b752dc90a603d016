"""`Checkpoint`: a reference that has been resolved, and the proof that its bytes are whole; touches disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model_pool.catalog.files import Progress, record_file
from model_pool.catalog.manifest import WEIGHTS_NAME, FileRecord, Manifest, read_manifest
from model_pool.errors import CheckpointCorrupted
from model_pool.types import Digest


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Immutable weights, tokenizer and manifest in one directory.

    reference: how the caller named it; says nothing about identity, `digest` does.
    """

    reference: str
    path: Path
    manifest: Manifest
    digest: Digest

    @classmethod
    def read(cls, reference: str, path: Path) -> Checkpoint:
        """Read the manifest alone; call `verify` before trusting the files. Raises ManifestInvalid."""
        manifest = read_manifest(path)
        return cls(reference, path, manifest, manifest.digest())

    @property
    def size_bytes(self) -> int:
        """Size of all files on disk, as the manifest has it."""
        return sum(record.bytes for record in self.manifest.files.values())

    @property
    def weights_bytes(self) -> int:
        """Size of the weights on disk; about what a replica takes in memory at the stored compute type."""
        return self.manifest.files[WEIGHTS_NAME].bytes

    def verify(self, progress: Progress | None = None) -> None:
        """Hash every file of the manifest.

        Raises CheckpointCorrupted naming the first file that is missing, truncated or changed.
        """
        done = 0
        for name, expected in sorted(self.manifest.files.items()):
            self._check_size(name, expected)
            done = self._check_content(name, expected, done, progress)

    def _check_size(self, name: str, expected: FileRecord) -> None:
        path = self.path / name
        if not path.is_file():
            raise CheckpointCorrupted(self.reference, name, "is missing")
        actual = path.stat().st_size
        if actual != expected.bytes:
            how = "truncated" if actual < expected.bytes else "too long"
            raise CheckpointCorrupted(self.reference, name, f"is {how}: {actual} bytes instead of {expected.bytes}")

    def _check_content(self, name: str, expected: FileRecord, done: int, progress: Progress | None) -> int:
        """Hash one file and return the bytes done with it included."""

        def report(count: int) -> None:
            nonlocal done
            done += count
            if progress is not None:
                progress(name, done, self.size_bytes)

        try:
            actual = record_file(self.path / name, report)
        except OSError as error:
            raise CheckpointCorrupted(self.reference, name, f"cannot be read: {error.strerror}") from error
        if actual.sha256 != expected.sha256:
            raise CheckpointCorrupted(self.reference, name, "was changed: its SHA-256 is not the manifest's")
        return done
