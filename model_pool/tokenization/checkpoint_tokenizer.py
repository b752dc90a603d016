"""The `Tokenizer` of a checkpoint: pieces, framed as its family wants them; touches nothing after construction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache, partial

from model_pool.catalog.manifest import Manifest
from model_pool.errors import LanguageUnsupported
from model_pool.tokenization.alphabet import Alphabet
from model_pool.tokenization.controls import Controls
from model_pool.tokenization.offsets import decoded_offsets, without_space
from model_pool.tokenization.pieces import Pieces
from model_pool.tokenization.schemes import Frame, frame
from model_pool.types import EncodedSegment, Range

_SURROGATE = re.compile("[\ud800-\udfff]")
_REMEMBERED = 256
"""Texts whose pieces are kept: a segment is counted, to see that it fits, and encoded soon after."""


class CheckpointTokenizer:
    """Implements `Tokenizer` for every family.

    end: the tokens to close a source with; empty where the engine adds the end token itself.
    """

    def __init__(self, manifest: Manifest, pieces: Pieces, controls: Controls, end: tuple[str, ...]) -> None:
        self._pieces = pieces
        self._controls = controls
        self._end = end
        self._alphabet = Alphabet(pieces.knows)
        # What is remembered must not refer to this object: in a cycle it would outlive its replica.
        self._pieces_of = lru_cache(_REMEMBERED)(lambda text: pieces.encode(_whole(text)))
        self._frame = lru_cache(_REMEMBERED)(partial(_framed, manifest))

    def encode(self, text: str, source: str, target: str) -> EncodedSegment:
        """See `Tokenizer.encode`."""
        around = self._frame(source, target)
        before = (*around.tokens, *self._control_pieces(around.control))
        return EncodedSegment((*before, *self._pieces_of(around.lead + text), *self._end), around.target_prefix)

    def decode(self, tokens: Sequence[str]) -> str:
        """See `Tokenizer.decode`."""
        return self._pieces.decode(self._controls.without(tokens))

    def source_offsets(self, text: str, source: str, target: str) -> list[Range | None]:
        """See `Tokenizer.source_offsets`."""
        around = self._frame(source, target)
        before = len(around.tokens) + len(self._control_pieces(around.control))
        lead = len(around.lead)
        whole = _whole(around.lead + text)
        offsets = without_space(whole, self._pieces.offsets(whole))
        places = [(max(start - lead, 0), end - lead) if end > lead else None for start, end in offsets]
        return [*[None] * before, *places, *[None] * len(self._end)]

    def target_offsets(self, tokens: Sequence[str]) -> list[Range | None]:
        """See `Tokenizer.target_offsets`."""
        kept = self._controls.without(tokens)
        text = self._pieces.decode(kept)
        places = iter(without_space(text, decoded_offsets(kept, self._pieces.decode)))
        return [None if token in self._controls else next(places) for token in tokens]

    def unknown(self, text: str) -> list[Range]:
        """See `Tokenizer.unknown`."""
        return self._alphabet.unknown(text)

    def count(self, text: str) -> int:
        """See `Tokenizer.count`."""
        return len(self._pieces_of(text))

    def _control_pieces(self, control: str) -> list[str]:
        return self._pieces.encode_control(control) if control else []


def _framed(manifest: Manifest, source: str, target: str) -> Frame:
    if not manifest.translates(source, target):
        raise LanguageUnsupported(
            f"{manifest.name} does not translate from {source} to {target}. "
            f"Sources: {_listed(manifest.sources)}. Targets: {_listed(manifest.targets)}."
        )
    return frame(manifest.family, manifest.sources[source], manifest.targets[target])


def _whole(text: str) -> str:
    """Replace half characters (lone surrogates), which JSON can carry and subword models refuse."""
    return _SURROGATE.sub("\ufffd", text)


def _listed(codes: dict[str, str]) -> str:
    return ", ".join(sorted(codes))
