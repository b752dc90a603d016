"""Pieces from SentencePiece models; reads their files."""

from __future__ import annotations

from collections.abc import Container, Sequence
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from model_pool.errors import CheckpointUnreadable
from model_pool.tokenization.pieces import spell, spell_offsets
from model_pool.types import Range


class SentencePieces:
    """A source and a target SentencePiece model, which may be one file."""

    def __init__(self, source: Path, target: Path, controls: Container[str]) -> None:
        self._source = _load(source)
        self._target = self._source if source == target else _load(target)
        self._controls = controls

    def encode(self, text: str) -> list[str]:
        """See `Pieces.encode`."""
        return spell(self.encode_control(text), self._controls)

    def offsets(self, text: str) -> list[Range]:
        """See `Pieces.offsets`."""
        mapped = self._source.EncodeAsOffsetMapping(text)
        return spell_offsets(zip(mapped["pieces"], mapped["offsets"], strict=True), self._controls)

    def knows(self, character: str) -> bool:
        """See `Pieces.knows`."""
        pieces: list[str] = self._source.encode(character, out_type=str)
        written = any(piece != "▁" for piece in pieces)  # else the normaliser takes it for a space
        return written and self._source.unk_id() not in self._source.piece_to_id(pieces)

    def encode_control(self, text: str) -> list[str]:
        """See `Pieces.encode_control`."""
        pieces: list[str] = self._source.encode(text, out_type=str)
        return pieces

    def decode(self, pieces: Sequence[str]) -> str:
        """See `Pieces.decode`; pieces that the model does not know come out as they are."""
        text: str = self._target.decode_pieces(list(pieces))
        return text.replace("▁", " ").strip()


def _load(path: Path) -> SentencePieceProcessor:
    try:
        return SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        raise CheckpointUnreadable(f"{path} is not a SentencePiece model: {error}") from error
