"""The embedded checkpoints under other languages' names, for tests that need more pairs than there are weights."""

from __future__ import annotations

from pathlib import Path

from model_pool.catalog.catalog import EMBEDDED_DIR
from model_pool.catalog.manifest import MANIFEST_NAME, read_manifest


def relabelled(home: Path, source: str, target: str, *, weights: str = "en-pt") -> str:
    """Make a checkpoint of this pair with the weights of an embedded one; return its reference. Takes no disk space."""
    origin, directory = EMBEDDED_DIR / weights, home / f"{source}-{target}-{weights}"
    if directory.is_dir():
        return str(directory)
    directory.mkdir(parents=True)
    manifest = read_manifest(origin)
    for name in manifest.files:
        (directory / name).symlink_to(origin / name)
    manifest = manifest.model_copy(update={"name": directory.name, "sources": {source: ""}, "targets": {target: ""}})
    (directory / MANIFEST_NAME).write_text(manifest.model_dump_json(), encoding="utf-8")
    return str(directory)
