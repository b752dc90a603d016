"""Reads Marian's binary model format, as Bergamot and Firefox ship it, into float32 arrays; touches disk.

    u64 version, u64 n; n x u64 (name length with its NUL, type, dimensions, data length)
    n names; n x i32 shape; u64 padding and so many bytes; n x data

A quantized matrix is int8 values and one float32 multiplier. It is stored transposed, as (out, in), except embeddings.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_pool.workshop.errors import ArtifactInvalid

Array = npt.NDArray[np.float32]

CONFIG_ITEM = "special:model.yml"
_VERSION = 1
_FLOAT32, _INT8 = 0x404, 0x4101
_MOST_ITEMS = 100_000
_SETTING = re.compile(r"^([\w-]+): *\"?([^\"\n]*?)\"?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MarianFile:
    """arrays: by Marian's names; matrices of layers are (out, in), embeddings (pieces, width), the rest is flat.

    settings: the single values of the configuration that is in the file.
    """

    arrays: Mapping[str, Array]
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Item:
    name: str
    kind: int
    shape: tuple[int, ...]
    data: memoryview


def read_marian(path: Path) -> MarianFile:
    """Read a model.*.bin. Raises ArtifactInvalid where it is not one, is cut short or holds a type we do not read."""
    try:
        items = _items(_Reader(path.read_bytes()))
        arrays = {one.name: _array(one) for one in items if not _ignored(one.name)}
        config = next((bytes(one.data).rstrip(b"\0").decode() for one in items if one.name == CONFIG_ITEM), "")
    except OSError as error:
        raise ArtifactInvalid(f"{path} cannot be read: {error}") from error
    except (struct.error, ValueError) as error:
        raise ArtifactInvalid(f"{path} is no model in Marian's binary format, or is damaged: {error}.") from error
    if not config:
        raise ArtifactInvalid(f"{path} has no {CONFIG_ITEM}, so its shape is unknown. Convert it with marian-conv.")
    return MarianFile(arrays, dict(_SETTING.findall(config)))


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = memoryview(content)
        self._at = 0

    def numbers(self, count: int, letter: str = "Q") -> tuple[int, ...]:
        layout = struct.Struct(f"<{count}{letter}")
        return layout.unpack(self.take(layout.size))

    def take(self, size: int) -> memoryview:
        if size > len(self._content) - self._at:
            raise ValueError(f"it ends after {len(self._content)} bytes, in the middle")
        self._at += size
        return self._content[self._at - size : self._at]


def _items(reader: _Reader) -> list[_Item]:
    version, count = reader.numbers(2)
    if version != _VERSION or count > _MOST_ITEMS:
        raise ValueError(f"version {version} with {count} items")
    headers = [reader.numbers(4) for _ in range(count)]
    names = [bytes(reader.take(size)).rstrip(b"\0").decode() for size, *_ in headers]
    shapes = [reader.numbers(dimensions, "i") for _, _, dimensions, _ in headers]
    reader.take(*reader.numbers(1))
    return [
        _Item(name, kind, shape, reader.take(size))
        for name, shape, (_, kind, _, size) in zip(names, shapes, headers, strict=True)
    ]


def _array(item: _Item) -> Array:
    count = prod(item.shape)
    if not item.shape or min(item.shape) < 1:
        raise ValueError(f"{item.name} has the shape {item.shape}")
    if item.kind == _FLOAT32:
        return _laid_out(np.frombuffer(item.data, "<f4", count).astype(np.float32), item)
    if item.kind == _INT8:
        return _dequantized(item, count)
    raise ValueError(f"{item.name} is of the type {item.kind:#x}; float32 and intgemm8 are read")


def _dequantized(item: _Item, count: int) -> Array:
    values = np.frombuffer(item.data, np.int8, count).astype(np.float32)
    (multiplier,) = struct.unpack_from("<f", item.data, count)
    if not np.isfinite(multiplier) or multiplier <= 0:
        raise ValueError(f"{item.name} has the multiplier {multiplier}")
    return (values / np.float32(multiplier)).reshape(item.shape if _is_embedding(item.name) else item.shape[::-1])


def _laid_out(values: Array, item: _Item) -> Array:
    """Return vectors flat and matrices of layers turned round: float32 is stored as (in, out)."""
    if min(item.shape) == 1 or len(item.shape) == 1:
        return values
    shaped = values.reshape(item.shape)
    return shaped if _is_embedding(item.name) else shaped.T.copy()


def _is_embedding(name: str) -> bool:
    return name.endswith("Wemb")


def _ignored(name: str) -> bool:
    return name.startswith("special:") or name.endswith("_QuantMultA")
