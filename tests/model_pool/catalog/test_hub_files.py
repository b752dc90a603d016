"""The choice of files: safetensors first, pickles only when allowed, nothing from elsewhere."""

from __future__ import annotations

import pytest

from model_pool.catalog.hub_files import needed_files
from model_pool.errors import ConversionFailed, UnsafeCheckpoint

TEXT = ["config.json", "source.spm", "target.spm", "vocab.json"]


def test_safetensors_win_over_everything_else() -> None:
    names = [*TEXT, "model.safetensors", "pytorch_model.bin", "tf_model.h5", "README.md", "rust_model.ot"]
    for allowed in (False, True):
        assert needed_files("org/name", names, allow_pickle=allowed) == [*TEXT, "model.safetensors"]


def test_shards_and_their_index_belong_together() -> None:
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"]
    assert needed_files("org/name", [*TEXT, *shards], allow_pickle=False) == [*TEXT, *shards]


def test_pickles_are_refused_by_name_unless_allowed() -> None:
    names = [*TEXT, "pytorch_model.bin"]
    with pytest.raises(UnsafeCheckpoint, match=r"pytorch_model\.bin.*--allow-pickle"):
        needed_files("org/name", names, allow_pickle=False)
    assert needed_files("org/name", names, allow_pickle=True) == names


@pytest.mark.parametrize(
    "name", ["../model.safetensors", "/model.safetensors", "onnx/model.safetensors", "model.safetensors\n", "model.h5"]
)
def test_weights_from_elsewhere_do_not_count(name: str) -> None:
    with pytest.raises(ConversionFailed, match="no PyTorch or safetensors weights"):
        needed_files("org/name", [*TEXT, name], allow_pickle=True)
