"""Copies of a checkpoint in a scratch directory: links to its files, with a manifest of their own; touches that."""

from __future__ import annotations

from pathlib import Path

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.files import write_manifest

_DEFAULT_POSITIONS = 512


def find(reference: str) -> Checkpoint:
    """Return an embedded checkpoint, or one that a path names."""
    return Catalog(Path("nowhere")).resolve(reference)


def copies(reference: str, directory: Path, count: int, *, distinct: bool) -> list[str]:
    """Make `count` checkpoints out of one and return their references.

    distinct: whether each has a content identity of its own; a limit in its manifest then differs, which no translation
    of ordinary length notices. Otherwise only their names differ. Either way a replica reads all bytes into memory.
    """
    original = find(reference)
    return [_copy(original, directory, number, distinct=distinct) for number in range(count)]


def _copy(original: Checkpoint, directory: Path, number: int, *, distinct: bool) -> str:
    manifest = original.manifest
    path = directory / f"{manifest.name}-{'content' if distinct else 'name'}-{number}"
    path.mkdir()
    for name in manifest.files:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).symlink_to((original.path / name).resolve())
    changes: dict[str, object] = {"name": path.name}
    if distinct:
        changes["max_target_tokens"] = (manifest.max_target_tokens or _DEFAULT_POSITIONS) - 1 - number
    write_manifest(path, manifest.model_copy(update=changes))
    return str(path)
