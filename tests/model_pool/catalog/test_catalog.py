"""The catalog: what references find, and that registering is all or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_pool.catalog.catalog import Broken, Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.references import HubReference
from model_pool.errors import (
    CheckpointCorrupted,
    CheckpointNotPulled,
    ManifestInvalid,
    RemovalRefused,
    StorageFailed,
    UnknownReference,
)
from tests.model_pool.catalog.conftest import make_checkpoint


def register(catalog: Catalog, *references: str, weights: bytes = b"weights", name: str = "tiny") -> Checkpoint:
    with catalog.staging() as staged:
        make_checkpoint(staged, weights=weights, name=name)
        parsed = [HubReference(*reference.split("@", 1)) for reference in references]
        return catalog.register(staged, parsed)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "data", base_dir=tmp_path)


def test_embedded_checkpoints_are_found_without_a_data_directory(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "absent")
    assert catalog.resolve("embedded/en-pt").manifest.translates("en", "pt")
    assert [checkpoint.reference for checkpoint in catalog.list()] == ["embedded/en-pt", "embedded/pt-en"]
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize("name", ["xx-yy", "", "../embedded/en-pt", "en-pt/", "__pycache__", "README.md"])
def test_an_unknown_embedded_name_lists_those_there_are(catalog: Catalog, name: str) -> None:
    with pytest.raises(UnknownReference, match=r"embedded/en-pt, embedded/pt-en"):
        catalog.resolve(f"embedded/{name}")


def test_a_directory_is_found_by_relative_and_absolute_path(catalog: Catalog, tmp_path: Path) -> None:
    made = make_checkpoint(tmp_path / "models" / "tiny")
    for reference in ("./models/tiny", "models/tiny", str(tmp_path / "models" / "tiny")):
        found = catalog.resolve(reference)
        assert (found.reference, found.digest, found.path) == (reference, made.digest, made.path)


def test_a_path_to_nothing_says_where_it_looked(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(UnknownReference, match=str(tmp_path / "absent")):
        catalog.resolve("./absent")


@pytest.mark.parametrize("reference", ["org/name", "org/name@refs/pr/1"])
def test_a_hub_id_never_pulled_names_the_command(catalog: Catalog, reference: str) -> None:
    with pytest.raises(CheckpointNotPulled, match=f"babelpool pull {reference}$"):
        catalog.resolve(reference)


def test_a_registered_checkpoint_answers_to_each_of_its_references(catalog: Catalog) -> None:
    made = register(catalog, "org/name", "org/name@refs/pr/1")
    for reference in ("org/name", "org/name@main", "org/name@refs/pr/1"):
        assert catalog.resolve(reference).digest == made.digest
    catalog.resolve("org/name").verify()
    with pytest.raises(CheckpointNotPulled):
        catalog.resolve("org/name@other")


def test_two_references_with_one_content_are_one_checkpoint_on_disk(catalog: Catalog, tmp_path: Path) -> None:
    one, two = register(catalog, "org/one", name="one"), register(catalog, "org/two", name="two")
    assert one.digest == two.digest
    assert one.path == two.path
    assert len(list((tmp_path / "data" / "checkpoints").iterdir())) == 1


def test_registering_again_replaces_and_frees_what_nothing_points_at(catalog: Catalog, tmp_path: Path) -> None:
    register(catalog, "org/name", weights=b"old")
    register(catalog, "org/name", weights=b"new")
    assert (catalog.resolve("org/name").path / "model.bin").read_bytes() == b"new"
    assert len(list((tmp_path / "data" / "checkpoints").iterdir())) == 1


def test_a_damaged_copy_is_replaced_when_registered_again(catalog: Catalog) -> None:
    first = register(catalog, "org/name")
    (first.path / "model.bin").write_bytes(b"damaged")
    register(catalog, "org/name").verify()


def test_removing_one_reference_keeps_content_that_another_has(catalog: Catalog) -> None:
    register(catalog, "org/one")
    shared = register(catalog, "org/two")
    catalog.remove("org/one")
    with pytest.raises(CheckpointNotPulled):
        catalog.resolve("org/one")
    catalog.resolve("org/two").verify()
    catalog.remove("org/two")
    assert not shared.path.exists()


@pytest.mark.parametrize("reference", ["embedded/en-pt", "./models"])
def test_what_was_not_pulled_is_not_removed(catalog: Catalog, reference: str) -> None:
    with pytest.raises(RemovalRefused):
        catalog.remove(reference)


def test_removing_what_is_not_there_says_so(catalog: Catalog) -> None:
    with pytest.raises(CheckpointNotPulled):
        catalog.remove("org/name")


def test_an_unfinished_staging_directory_is_never_registered(catalog: Catalog, tmp_path: Path) -> None:
    with catalog.staging() as staged:
        make_checkpoint(staged)
        (staged / "model.bin").write_bytes(b"weightz")
        with pytest.raises(CheckpointCorrupted, match=r"model\.bin"):
            catalog.register(staged, [HubReference("org/name")])
    assert list((tmp_path / "data" / "staging").iterdir()) == []
    with pytest.raises(CheckpointNotPulled):
        catalog.resolve("org/name")


def test_a_manifest_swapped_after_registration_is_noticed(catalog: Catalog) -> None:
    made = register(catalog, "org/name")
    make_checkpoint(made.path, weights=b"other")
    with pytest.raises(CheckpointCorrupted, match=r"manifest\.json was changed"):
        catalog.resolve("org/name")


def test_a_broken_checkpoint_does_not_hide_the_others(catalog: Catalog) -> None:
    broken = register(catalog, "org/broken", weights=b"broken")
    register(catalog, "org/whole")
    (broken.path / "manifest.json").unlink()
    entries = {entry.reference: entry for entry in catalog.survey()}
    assert isinstance(entries["org/broken"], Broken)
    assert isinstance(entries["org/whole"], Checkpoint)
    with pytest.raises(ManifestInvalid):
        catalog.list()


def test_a_damaged_record_costs_no_checkpoint_and_can_be_removed(catalog: Catalog, tmp_path: Path) -> None:
    made = register(catalog, "org/name")
    next((tmp_path / "data" / "references").iterdir()).write_text("{", encoding="utf-8")
    with pytest.raises(ManifestInvalid, match="pull it again"):
        catalog.resolve("org/name")
    register(catalog, "org/other", weights=b"other")
    assert made.path.is_dir()
    assert [entry.reference for entry in catalog.survey()][-2:] == ["org/name", "org/other"]
    catalog.remove("org/name")
    assert not made.path.exists()


def test_very_long_revisions_fit_into_file_names(catalog: Catalog) -> None:
    reference = f"org/name@refs/{'a' * 180}"
    made = register(catalog, reference)
    assert catalog.resolve(reference).digest == made.digest


def test_a_data_directory_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageFailed, match="--data-dir"):
        register(Catalog(tmp_path / "file"), "org/name")


def test_a_manifest_must_list_what_loading_needs(catalog: Catalog, tmp_path: Path) -> None:
    made = make_checkpoint(tmp_path / "tiny")
    path = made.path / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"model.bin"', '"other.bin"'), encoding="utf-8")
    with pytest.raises(ManifestInvalid, match=r"files lacks model\.bin"):
        catalog.resolve("./tiny")
