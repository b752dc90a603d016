"""Whether a converted checkpoint reads text as its original does; touches the two tokenizers it is given.

The proof is on text made of the checkpoint's own pieces, so it works for every script. Unknown characters are left
out: transformers 5 gives MADLAD's the wrong id (its T5 tokenizer fixes the unknown id at 2, where MADLAD has `</s>`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from model_pool.catalog.languages import TOKEN_SHAPES
from model_pool.catalog.manifest import Family, Manifest
from model_pool.types import EncodedSegment

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_TEXTS = 24
_PIECES_A_TEXT = 8


class Encoder(Protocol):
    """The part of a `Tokenizer` that is compared; that floor is above this one."""

    def encode(self, text: str, source: str, target: str) -> EncodedSegment:
        """Return the tokens of one segment."""
        ...


LoadTokenizer = Callable[[Path, Manifest], Encoder]


class HubTokenizer(Protocol):
    """The part of transformers' tokenizers that conversion needs; `backend_tokenizer` only where `is_fast`."""

    src_lang: str
    cls_token: str
    eos_token: str
    unk_token: str
    is_fast: bool
    backend_tokenizer: Tokenizer

    def __call__(self, text: str) -> Mapping[str, list[int]]:
        """Return `input_ids` and more."""
        ...

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
        """Return the tokens of ids."""
        ...

    def get_vocab(self) -> dict[str, int]:
        """Return token -> id."""
        ...


def disagreement(ours: Encoder, theirs: HubTokenizer, manifest: Manifest, vocabulary: Sequence[str]) -> str | None:
    """Compare the ids of our tokens with the transformers tokenizer's; return the first difference in words."""
    ids = {token: index for index, token in reversed(list(enumerate(vocabulary)))}
    source, target = _some_pair(manifest)
    for text in _texts(vocabulary):
        tokens = ours.encode(text, source, target).tokens
        expected = _their_ids(theirs, text, manifest, source, target)
        actual = [ids.get(token) for token in tokens]
        if None not in actual and actual != expected:
            return f"{text!r} gives {list(tokens)} here and {theirs.convert_ids_to_tokens(expected)} in transformers"
    return None


def _some_pair(manifest: Manifest) -> tuple[str, str]:
    return next((s, t) for s in manifest.sources for t in manifest.targets if s != t)


def _texts(vocabulary: Sequence[str]) -> list[str]:
    """Return texts that together go through the whole vocabulary in even steps."""
    words = [piece.replace("▁", " ") for piece in vocabulary if piece.replace("▁", "").isalpha()]
    step = max(1, len(words) // (_TEXTS * _PIECES_A_TEXT))
    chosen = words[::step]
    return ["".join(chosen[start : start + _PIECES_A_TEXT]).strip() for start in range(0, len(chosen), _PIECES_A_TEXT)]


def _their_ids(theirs: HubTokenizer, text: str, manifest: Manifest, source: str, target: str) -> list[int]:
    source_token, target_token = manifest.sources[source], manifest.targets[target]
    shape = TOKEN_SHAPES[manifest.family]
    match manifest.family:
        case Family.M2M100:
            found = shape.fullmatch(source_token)
            theirs.src_lang = found["code"] if found else source_token
        case Family.NLLB | Family.MBART50:
            theirs.src_lang = source_token
        case Family.MARIAN | Family.T5 if shape.fullmatch(target_token):
            text = f"{target_token} {text}"
        case Family.T5 if target_token:
            text = f"translate {source_token} to {target_token}: {text}"
    return theirs(text)["input_ids"]
