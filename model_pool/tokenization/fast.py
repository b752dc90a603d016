"""Pieces from a Hugging Face `tokenizer.json`; reads that file."""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from model_pool.errors import CheckpointUnreadable
from model_pool.tokenization.pieces import spell, spell_offsets
from model_pool.types import Range


class FastPieces:
    """One `tokenizer.json` for both sides."""

    def __init__(self, path: Path, controls: Container[str]) -> None:
        definition = _read(path)
        self._added = {added["content"] for added in definition.get("added_tokens", ())}
        self._tokenizer = _build(_plain(definition, controls), path)
        self._controls = controls
        # A byte-pair model writes its unknown token for what it does not know; a unigram model writes the text itself.
        self._unknown_id = _unknown_id(definition["model"], self._tokenizer)
        self._unknown = definition["model"].get("unk_token") if definition["model"].get("type") == "BPE" else None

    def encode(self, text: str) -> list[str]:
        """See `Pieces.encode`."""
        return spell(self._tokens(text), self._controls, keep=self._unknown)

    def offsets(self, text: str) -> list[Range]:
        """See `Pieces.offsets`."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return spell_offsets(zip(encoding.tokens, encoding.offsets, strict=True), self._controls, keep=self._unknown)

    def knows(self, character: str) -> bool:
        """See `Pieces.knows`."""
        ids = self._tokenizer.encode(character, add_special_tokens=False).ids
        return self._unknown_id is None or self._unknown_id not in ids

    def encode_control(self, text: str) -> list[str]:
        """See `Pieces.encode_control`."""
        return [text] if text in self._added else self._tokens(text)

    def decode(self, pieces: Sequence[str]) -> str:
        """See `Pieces.decode`."""
        text: str = self._tokenizer.decoder.decode(list(pieces))
        return text.strip()

    def _tokens(self, text: str) -> list[str]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).tokens)


def _unknown_id(model: dict[str, Any], tokenizer: Tokenizer) -> int | None:
    """Return what a character without a piece becomes: a unigram model has a number for it, others a token."""
    number: int | None = model.get("unk_id")
    if number is None and model.get("unk_token") is not None:
        number = tokenizer.token_to_id(model["unk_token"])
    return number


def _read(path: Path) -> dict[str, Any]:
    try:
        definition = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CheckpointUnreadable(f"{path} cannot be read: {error}") from error
    if not isinstance(definition, dict) or "model" not in definition or not definition.get("decoder"):
        raise CheckpointUnreadable(f"{path} is no tokenizer.json with a model and a decoder.")
    return definition


def _plain(definition: dict[str, Any], controls: Container[str]) -> dict[str, Any]:
    """Return the definition without what would read controls out of user text, or shorten it.

    Added tokens are matched in the raw text before anything else; those that are words of the vocabulary stay.
    """
    words = [added for added in definition.get("added_tokens", ()) if not _is_control(added, controls)]
    return definition | {"added_tokens": words, "post_processor": None, "truncation": None, "padding": None}


def _is_control(added: dict[str, Any], controls: Container[str]) -> bool:
    return bool(added.get("special")) or added["content"] in controls


def _build(definition: dict[str, Any], path: Path) -> Tokenizer:
    try:
        return Tokenizer.from_str(json.dumps(definition))
    except Exception as error:  # tokenizers raises bare Exception
        raise CheckpointUnreadable(f"{path} is not a tokenizer: {error}") from error
