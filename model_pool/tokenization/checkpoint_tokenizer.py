"""The `Tokenizer` of a checkpoint: pieces, framed as its family wants them; touches nothing after construction."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from model_pool.catalog.manifest import Manifest
from model_pool.errors import LanguageUnsupported
from model_pool.tokenization.pieces import Pieces
from model_pool.tokenization.schemes import Frame, frame
from model_pool.types import EncodedSegment

_SURROGATE = re.compile("[\ud800-\udfff]")


class CheckpointTokenizer:
    """Implements `Tokenizer` for every family.

    end: the tokens to close a source with; empty where the engine adds the end token itself.
    """

    def __init__(self, manifest: Manifest, pieces: Pieces, controls: Container[str], end: tuple[str, ...]) -> None:
        self._manifest = manifest
        self._pieces = pieces
        self._controls = controls
        self._end = end

    def encode(self, text: str, source: str, target: str) -> EncodedSegment:
        """See `Tokenizer.encode`."""
        around = self._frame(source, target)
        before = (*around.tokens, *self._control_pieces(around.control))
        pieces = self._pieces.encode(around.lead + _whole(text))
        return EncodedSegment((*before, *pieces, *self._end), around.target_prefix)

    def decode(self, tokens: Sequence[str]) -> str:
        """See `Tokenizer.decode`."""
        return self._pieces.decode([token for token in tokens if token not in self._controls])

    def count(self, text: str) -> int:
        """See `Tokenizer.count`."""
        return len(self._pieces.encode(_whole(text)))

    def _frame(self, source: str, target: str) -> Frame:
        manifest = self._manifest
        if not manifest.translates(source, target):
            raise LanguageUnsupported(
                f"{manifest.name} does not translate from {source} to {target}. "
                f"Sources: {_listed(manifest.sources)}. Targets: {_listed(manifest.targets)}."
            )
        return frame(manifest.family, manifest.sources[source], manifest.targets[target])

    def _control_pieces(self, control: str) -> list[str]:
        return self._pieces.encode_control(control) if control else []


def _whole(text: str) -> str:
    """Replace half characters (lone surrogates), which JSON can carry and subword models refuse."""
    return _SURROGATE.sub("\ufffd", text)


def _listed(codes: dict[str, str]) -> str:
    return ", ".join(sorted(codes))
