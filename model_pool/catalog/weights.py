"""The header of CTranslate2's `model.bin`: what is stored, without loading it; touches disk.

Layout (little-endian), as `ctranslate2.specs.model_spec.ModelSpec` writes it in version 6: u32 version, spec name,
u32 revision, u32 count, then per variable: name, u8 rank, rank x u32, u8 type, u32 bytes, data; last come aliases
(u32 count; alias name, variable name). A name is u16 length (its NUL included) and bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from model_pool.errors import CheckpointUnreadable

_VERSION = 6
_TYPES = ("float32", "int8", "int16", "int32", "float16", "bfloat16")
_POSITIONS = "{side}/position_encodings/encodings"


@dataclass(frozen=True, slots=True)
class Weights:
    """Facts of a stored model.

    quantization: the compute type that it is stored in, in CTranslate2's words.
    source_positions, target_positions: stored position encodings; None where positions are unlimited.
    """

    quantization: str
    source_positions: int | None
    target_positions: int | None


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    shape: tuple[int, ...]
    type: str


def read_weights(path: Path) -> Weights:
    """Read the facts of one `model.bin`. Raises CheckpointUnreadable where it is not an encoder-decoder model."""
    try:
        with path.open("rb") as stream:
            variables = _variables(stream, path)
    except (OSError, struct.error, LookupError, UnicodeDecodeError) as error:
        raise CheckpointUnreadable(
            f"{path} cannot be read as a CTranslate2 model: {error}. Convert the checkpoint again."
        ) from error
    return Weights(_quantization(variables, path), _positions(variables, "encoder"), _positions(variables, "decoder"))


def _variables(stream: BinaryIO, path: Path) -> dict[str, _Variable]:
    (version,) = _unpack(stream, "<I")
    if version != _VERSION:
        raise CheckpointUnreadable(f"{path} has CTranslate2 format {version}; {_VERSION} is known. Convert it again.")
    spec = _name(stream)
    if spec != "TransformerSpec":
        raise CheckpointUnreadable(f"{path} is a {spec}; a translation model is a TransformerSpec.")
    _revision, count = _unpack(stream, "<II")
    variables = {variable.name: variable for variable in (_variable(stream) for _ in range(count))}
    (aliases,) = _unpack(stream, "<I")
    for _ in range(aliases):
        alias, name = _name(stream), _name(stream)
        variables[alias] = variables[name]
    return variables


def _variable(stream: BinaryIO) -> _Variable:
    name = _name(stream)
    (rank,) = _unpack(stream, "<B")
    shape = _unpack(stream, f"<{rank}I")
    type_id, size = _unpack(stream, "<BI")
    stream.seek(size, 1)
    return _Variable(name, shape, _TYPES[type_id])


def _name(stream: BinaryIO) -> str:
    (length,) = _unpack(stream, "<H")
    return stream.read(length)[:-1].decode()


def _unpack(stream: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, stream.read(struct.calcsize(layout)))


def _quantization(variables: dict[str, _Variable], path: Path) -> str:
    """Name the types of the embedding (a quantized matrix) and of the layer norms (which stay floating)."""
    matrix = next((v.type for n, v in variables.items() if n.startswith("encoder/") and n.endswith("/weight")), None)
    norm = next((v.type for n, v in variables.items() if n.endswith("layer_norm/gamma")), None)
    if matrix is None or norm is None:
        raise CheckpointUnreadable(f"{path} has no encoder: it cannot translate.")
    return f"{matrix}_{norm}" if matrix == "int8" else matrix


def _positions(variables: dict[str, _Variable], side: str) -> int | None:
    stored = variables.get(_POSITIONS.format(side=side))
    return stored.shape[0] if stored is not None else None
