"""Checkpoints: what their size is, and that no damage goes unnoticed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.manifest import MANIFEST_NAME
from model_pool.errors import CheckpointCorrupted, ManifestInvalid
from tests.model_pool.catalog.conftest import make_checkpoint

FILES = sorted(Catalog(Path("absent")).resolve("embedded/en-pt").manifest.files)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of an embedded checkpoint; tests restore what they damage."""
    source = Catalog(Path("absent")).resolve("embedded/en-pt").path
    return shutil.copytree(source, tmp_path_factory.mktemp("copy") / "en-pt")


@pytest.mark.parametrize("reference", ["embedded/en-pt", "embedded/pt-en"])
def test_embedded_checkpoints_are_whole(reference: str) -> None:
    Catalog(Path("absent")).resolve(reference).verify()


def test_a_missing_file_is_named(copy: Path) -> None:
    hidden = (copy / "source.spm").rename(copy / "hidden")
    try:
        with pytest.raises(CheckpointCorrupted, match=r"source\.spm is missing") as caught:
            Checkpoint.read("here", copy).verify()
    finally:
        hidden.rename(copy / "source.spm")
    assert (caught.value.reference, caught.value.file) == ("here", "source.spm")


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_named(copy: Path, name: str) -> None:
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[:-1])
    try:
        with pytest.raises(CheckpointCorrupted, match=f"{name} is truncated: {len(content) - 1} bytes"):
            Checkpoint.read("here", copy).verify()
    finally:
        (copy / name).write_bytes(content)


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_is_noticed(copy: Path, name: str) -> None:
    content = (copy / name).read_bytes()
    middle = len(content) // 2
    (copy / name).write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    try:
        with pytest.raises(CheckpointCorrupted, match=f"{name} was changed") as caught:
            Checkpoint.read("here", copy).verify()
    finally:
        (copy / name).write_bytes(content)
    assert caught.value.file == name


def test_a_file_that_grew_and_a_directory_in_its_place_are_noticed(tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path / "one")
    (checkpoint.path / "config.json").write_text("longer than before", encoding="utf-8")
    with pytest.raises(CheckpointCorrupted, match="too long"):
        checkpoint.verify()
    (checkpoint.path / "config.json").unlink()
    (checkpoint.path / "config.json").mkdir()
    with pytest.raises(CheckpointCorrupted, match="is missing"):
        checkpoint.verify()


def test_progress_ends_at_the_whole_size(tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path / "one")
    heard: list[tuple[str, int, int]] = []
    checkpoint.verify(lambda *event: heard.append(event))
    assert heard[-1][1:] == (checkpoint.size_bytes, checkpoint.size_bytes)
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)
    assert {name for name, *_ in heard} == set(checkpoint.manifest.files)


def test_sizes_are_those_of_the_files(tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path / "one")
    on_disk = {name: (checkpoint.path / name).stat().st_size for name in checkpoint.manifest.files}
    assert checkpoint.size_bytes == sum(on_disk.values())
    assert checkpoint.weights_bytes == on_disk["model.bin"]


def test_identity_is_content_not_name_or_prose(tmp_path: Path) -> None:
    one = make_checkpoint(tmp_path / "one", name="one")
    other = make_checkpoint(tmp_path / "two", name="two", description="other prose")
    changed = make_checkpoint(tmp_path / "three", weights=b"other weights")
    assert one.digest == other.digest != changed.digest


@pytest.mark.parametrize(
    ("content", "field"),
    [("{", "the file"), ("{}", "name"), ('{"manifest_version": 2}', "manifest_version"), ("[]", "the file")],
)
def test_a_malformed_manifest_names_the_field(tmp_path: Path, content: str, field: str) -> None:
    (tmp_path / MANIFEST_NAME).write_text(content, encoding="utf-8")
    with pytest.raises(ManifestInvalid, match=field):
        Checkpoint.read("here", tmp_path)


@pytest.mark.parametrize("name", ["../model.bin", "/etc/passwd", "a/../b", "./x"])
def test_a_manifest_cannot_name_files_outside_its_directory(tmp_path: Path, name: str) -> None:
    checkpoint = make_checkpoint(tmp_path / "one")
    path = checkpoint.path / MANIFEST_NAME
    path.write_text(path.read_text(encoding="utf-8").replace('"config.json": {', f'"{name}": {{'), encoding="utf-8")
    with pytest.raises(ManifestInvalid, match="not a plain path"):
        Checkpoint.read("here", checkpoint.path)


def test_a_directory_without_manifest_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ManifestInvalid, match="babelpool models describe"):
        Checkpoint.read("here", tmp_path)
