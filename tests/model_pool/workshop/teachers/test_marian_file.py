from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from model_pool.workshop.errors import ArtifactInvalid
from model_pool.workshop.teachers.marian_file import read_marian
from tests.model_pool.workshop.teachers.making import configuration, float32, int8, write_items

CONFIG = {"special:model.yml": configuration({"type": "transformer", "transformer-preprocess": '""'})}


def test_quantized_matrix_is_read_as_out_in_within_its_rounding(tmp_path: Path) -> None:
    matrix = np.random.default_rng(1).normal(size=(4, 6))
    path = write_items(
        tmp_path / "it", CONFIG | {"decoder_l1_ffn_W1": int8(matrix), "Wemb": int8(matrix, turned=False)}
    )
    arrays = read_marian(path).arrays
    rounding = np.abs(matrix).max() / 127 / 2 + 1e-6
    np.testing.assert_allclose(arrays["decoder_l1_ffn_W1"], matrix.T, atol=rounding)
    np.testing.assert_allclose(arrays["Wemb"], matrix, atol=rounding)


def test_float_matrix_is_turned_to_out_in_too_and_a_vector_is_flat(tmp_path: Path) -> None:
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    path = write_items(tmp_path / "it", CONFIG | {"encoder_l1_self_Wq": float32(matrix), "b": float32(matrix[0])})
    arrays = read_marian(path).arrays
    np.testing.assert_array_equal(arrays["encoder_l1_self_Wq"], matrix.T)
    np.testing.assert_array_equal(arrays["b"], matrix[0])


def test_settings_are_those_of_the_configuration_inside(tmp_path: Path) -> None:
    read = read_marian(write_items(tmp_path / "it", CONFIG))
    assert read.settings == {"type": "transformer", "transformer-preprocess": ""}
    assert read.arrays == {}


def test_scale_of_activations_is_no_weight(tmp_path: Path) -> None:
    path = write_items(tmp_path / "it", CONFIG | {"Wemb_QuantMultA": float32(np.ones(1))})
    assert not read_marian(path).arrays


def test_file_that_is_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    path = write_items(tmp_path / "it", CONFIG | {"a_W": int8(np.eye(3)), "b": float32(np.ones(3))})
    whole = path.read_bytes()
    for size in [*range(0, len(whole) - 1, 37), len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(ArtifactInvalid, match=r"it is no model|is damaged"):
            read_marian(path)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ((0x404, (2, 3), b"\0" * 8), "buffer is smaller"),
        ((0x404, (-1, 3), b""), "the shape"),
        ((0x404, (), b""), "the shape"),
        ((0x408, (1, 1), b"\0" * 8), "type 0x408"),
        ((0x4101, (2, 2), b"\0" * 4), "unpack"),
        ((0x4101, (2, 2), b"\0" * 8), "multiplier 0"),
        ((0x4101, (2, 2), b"\1" * 4 + struct.pack("<f", float("nan"))), "multiplier nan"),
    ],
)
def test_malformed_item_is_refused_with_what_is_wrong(
    tmp_path: Path, item: tuple[int, tuple[int, ...], bytes], message: str
) -> None:
    with pytest.raises(ArtifactInvalid, match=message):
        read_marian(write_items(tmp_path / "it", CONFIG | {"a_W": item}))


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no model at all, but text that is long enough to have a head")
    with pytest.raises(ArtifactInvalid, match="version"):
        read_marian(tmp_path / "text")
    with pytest.raises(ArtifactInvalid, match="version 2"):
        read_marian(write_items(tmp_path / "newer", CONFIG, version=2))
    with pytest.raises(ArtifactInvalid, match=r"no special:model\.yml"):
        read_marian(write_items(tmp_path / "bare", {"b": float32(np.ones(3))}))
    with pytest.raises(ArtifactInvalid, match="cannot be read"):
        read_marian(tmp_path / "missing")
