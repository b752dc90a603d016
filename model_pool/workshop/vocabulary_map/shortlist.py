"""Reads a lexical shortlist of Marian's binary format, as Bergamot and Firefox ship it; touches disk.

6 x u64: magic, checksum, first, best, source pieces n, ids m;  n x u64 offsets;  m x u32 target ids
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sentencepiece import SentencePieceProcessor

from model_pool.workshop.errors import ArtifactInvalid

_MAGIC = 0xF11A48D5013417F5
_HEADER = struct.Struct("<6Q")


@dataclass(frozen=True, slots=True)
class Shortlist:
    """always: pieces that every source allows. entries: source piece -> target pieces."""

    always: tuple[str, ...]
    entries: Mapping[str, tuple[str, ...]]


def read_shortlist(directory: Path) -> Shortlist:
    """Read lex.*.bin with the pieces of vocab.*.spm beside it. Raises ArtifactInvalid."""
    path = _only(directory, "lex.*.bin")
    pieces = _pieces(_only(directory, "vocab*.spm"))
    try:
        return _shortlist(path.read_bytes(), pieces)
    except (struct.error, ValueError) as error:
        raise ArtifactInvalid(f"{path} is no binary shortlist for this vocabulary, or is damaged: {error}.") from error


def _shortlist(content: bytes, pieces: Sequence[str]) -> Shortlist:
    magic, _checksum, first, _best, sources, ids = _HEADER.unpack_from(content)
    if magic != _MAGIC or first > len(pieces):
        raise ValueError("its header makes no sense")
    offsets = np.frombuffer(content, "<u8", sources, _HEADER.size).astype(np.int64)
    targets = np.frombuffer(content, "<u4", ids, _HEADER.size + 8 * sources)
    if targets.max(initial=0) >= len(pieces) or len(offsets) > len(pieces) + 1:
        raise ValueError("its ids are out of range")
    found = {
        piece: tuple(pieces[target] for target in targets[start:end])
        for piece, start, end in zip(pieces, offsets, offsets[1:], strict=False)
    }
    return Shortlist(tuple(pieces[:first]), {source: each for source, each in found.items() if each})


def _pieces(path: Path) -> list[str]:
    processor = SentencePieceProcessor(model_file=str(path))
    found: list[str] = processor.id_to_piece(list(range(processor.get_piece_size())))
    return found


def _only(directory: Path, pattern: str) -> Path:
    found = sorted(directory.glob(pattern))
    if len(found) != 1:
        raise ArtifactInvalid(f"{directory} has {len(found)} files {pattern}; a shortlist needs one of each.")
    return found[0]
