"""`Catalog`: references to checkpoints, embedded, on disk or pulled; touches disk, never the network."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.references import (
    EMBEDDED_PREFIX,
    EmbeddedReference,
    HubReference,
    PathReference,
    parse_reference,
)
from model_pool.catalog.store import Store
from model_pool.errors import (
    CatalogError,
    CheckpointCorrupted,
    CheckpointNotPulled,
    RemovalRefused,
    UnknownReference,
)

EMBEDDED_DIR = Path(__file__).resolve().parent.parent / "embedded"

Checkpoints = list[Checkpoint]


@dataclass(frozen=True, slots=True)
class Broken:
    """A reference that is known but cannot be used, and why."""

    reference: str
    error: CatalogError


class Catalog:
    """Every checkpoint that this machine knows.

    data_dir: where pulled checkpoints live; it need not exist.
    base_dir: where relative paths start from; the working directory by default.
    """

    def __init__(self, data_dir: Path, base_dir: Path | None = None, *, embedded_dir: Path = EMBEDDED_DIR) -> None:
        self._store = Store(data_dir)
        self._base_dir = base_dir if base_dir is not None else Path.cwd()
        self._embedded_dir = embedded_dir

    def resolve(self, reference: str) -> Checkpoint:
        """Find a checkpoint and read its manifest; cheap, so the files are not hashed: `Checkpoint.verify` does.

        Raises UnknownReference, CheckpointNotPulled, ManifestInvalid, or CheckpointCorrupted for a swapped manifest.
        """
        parsed = parse_reference(reference, self._base_dir)
        match parsed:
            case EmbeddedReference(name):
                return self._embedded(reference, name)
            case PathReference(path):
                return self._local(reference, path)
            case HubReference():
                return self._pulled(reference, parsed)

    def references(self) -> tuple[str, ...]:
        """Return every reference that has a name: embedded ones, then the data directory's."""
        return (*(f"{EMBEDDED_PREFIX}{name}" for name in self._embedded_names()), *self._store.references())

    def list(self) -> Checkpoints:
        """Resolve every named reference. Raises CatalogError at the first that is broken; `survey` goes on."""
        return [self.resolve(reference) for reference in self.references()]

    def survey(self) -> tuple[Checkpoint | Broken, ...]:
        """Resolve every named reference; what is broken does not hide the others."""
        return tuple(self._try(reference) for reference in self.references())

    def remove(self, reference: str) -> None:
        """Forget a pulled checkpoint and free its disk space where no other reference shares its content."""
        parsed = parse_reference(reference, self._base_dir)
        if not isinstance(parsed, HubReference):
            raise RemovalRefused(f"{reference!r} was not pulled, so it is not removed here. Only hub ids can be.")
        if not self._store.contains(str(parsed)):
            raise CheckpointNotPulled(reference)
        self._store.remove(str(parsed))

    def staging(self) -> AbstractContextManager[Path]:
        """Return a directory to build a checkpoint in, on the file system where `register` will put it."""
        return self._store.staging()

    def register(self, staged: Path, references: Sequence[HubReference]) -> Checkpoint:
        """Put a finished staging directory, manifest included, into the catalog under every one of `references`.

        All or nothing: a crash at any moment leaves the catalog as it was or as it should be.
        """
        Checkpoint.read(str(references[0]), staged).verify()
        self._store.register(staged, [str(reference) for reference in references])
        return self.resolve(str(references[0]))

    def _try(self, reference: str) -> Checkpoint | Broken:
        try:
            return self.resolve(reference)
        except CatalogError as error:
            return Broken(reference, error)

    def _embedded(self, reference: str, name: str) -> Checkpoint:
        names = self._embedded_names()
        if name not in names:
            known = ", ".join(f"{EMBEDDED_PREFIX}{one}" for one in names)
            raise UnknownReference(f"{reference!r} is not embedded. There are: {known}.")
        return Checkpoint.read(reference, self._embedded_dir / name)

    def _local(self, reference: str, path: Path) -> Checkpoint:
        if not path.is_dir():
            raise UnknownReference(f"{reference!r} is no directory ({path}). Check the path.")
        return Checkpoint.read(reference, path)

    def _pulled(self, reference: str, parsed: HubReference) -> Checkpoint:
        digest = self._store.find(str(parsed))
        if digest is None:
            raise CheckpointNotPulled(str(parsed))
        checkpoint = Checkpoint.read(reference, self._store.path_of(digest))
        if checkpoint.digest != digest:
            raise CheckpointCorrupted(reference, "manifest.json", "was changed since the checkpoint was registered")
        return checkpoint

    def _embedded_names(self) -> Sequence[str]:
        return sorted(path.name for path in self._embedded_dir.iterdir() if path.is_dir() and path.name[0] not in "._")
