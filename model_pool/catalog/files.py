"""Bytes on disk: hashing, durable writes and locks; touches disk."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from model_pool.catalog.manifest import MANIFEST_NAME, FileRecord, Manifest
from model_pool.errors import StorageFailed

Progress = Callable[[str, int, int], None]
"""Called with a file or step name, the bytes done so far and the bytes in all."""

_CHUNK = 1 << 20


def record_file(path: Path, on_bytes: Callable[[int], None] | None = None) -> FileRecord:
    """Return size and SHA-256 of one file; `on_bytes` hears the length of each chunk."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if on_bytes is not None:
                on_bytes(len(chunk))
    return FileRecord(bytes=size, sha256=digest.hexdigest())


def write_durably(path: Path, content: bytes) -> None:
    """Replace `path` in one step: a reader or a crash sees the old bytes or the new ones, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    sync(path.parent)


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write `manifest` into a checkpoint directory, in one step."""
    write_durably(directory / MANIFEST_NAME, (manifest.model_dump_json(indent=2) + "\n").encode())


def sync(path: Path) -> None:
    """Flush a file or a directory entry to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(directory: Path) -> None:
    """Flush every file and directory below `directory`, and itself."""
    for path in sorted(directory.rglob("*"), reverse=True):
        sync(path)
    sync(directory)


@contextmanager
def writing(directory: Path, option: str = "--data-dir") -> Iterator[None]:
    """Turn the disk's refusals (full, read-only, not ours) into StorageFailed. option: what says where to write."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(
            f"{directory} cannot be written: {error.strerror or error}. Free space, or choose another {option}."
        ) from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file `path`, made where absent; other processes wait."""
    with path.open("ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def is_locked(path: Path) -> bool:
    """Say whether a living process holds the lock on the file `path`."""
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
