"""The `Pieces` protocol: text to subword pieces and back, before any language or special token; touches nothing."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Protocol

from model_pool.types import Range


class Pieces(Protocol):
    """One subword model; thread-safe."""

    def encode(self, text: str) -> list[str]:
        """Return the pieces of user text; a piece that the checkpoint would read as a control token is spelled out."""
        ...

    def offsets(self, text: str) -> list[Range]:
        """Return where in `text`, in code points, each piece of `encode(text)` stands. Asked for alignment only."""
        ...

    def knows(self, character: str) -> bool:
        """Say whether a character has a piece, or is written in bytes that have."""
        ...

    def encode_control(self, text: str) -> list[str]:
        """Return the pieces of text that we wrote ourselves, control tokens kept as such."""
        ...

    def decode(self, pieces: Sequence[str]) -> str:
        """Return the text of pieces, none of which is a control token."""
        ...


def spell(pieces: list[str], controls: Container[str], *, keep: str | None = None) -> list[str]:
    """Replace every piece that is a control token by its characters, so that text stays text.

    Subword models hold such tokens as whole pieces ("<2pt>", "en_XX"), and runs of unknown characters come out as
    their own surface. `keep` is a control token that the subword model itself writes for unknown text.
    """
    # All control tokens have one of these; most text has neither.
    text = "".join(pieces)
    if "<" not in text and "_" not in text:
        return pieces
    return [part for piece in pieces for part in _spelled(piece, controls, keep)]


def spell_offsets(
    pieces: Iterable[tuple[str, Range]], controls: Container[str], *, keep: str | None = None
) -> list[Range]:
    """Return a place for every piece that `spell` returns; the characters of a control token share its own."""
    return [place for piece, place in pieces for _ in _spelled(piece, controls, keep)]


def _spelled(piece: str, controls: Container[str], keep: str | None) -> Iterable[str]:
    return piece if piece in controls and piece != keep else (piece,)
