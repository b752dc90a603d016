"""The `Tokenizer` protocol: text to tokens and back, with a family's language tokens; touches nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from model_pool.types import EncodedSegment, Range


class Tokenizer(Protocol):
    """One checkpoint's tokenizer. Thread-safe and free of state after construction.

    Languages are the BCP 47 codes of the checkpoint's manifest; its language tokens stay in here.
    """

    def encode(self, text: str, source: str, target: str) -> EncodedSegment:
        """Return the tokens and target prefix of one segment.

        Raises LanguageUnsupported where the manifest does not list the pair.
        """
        ...

    def decode(self, tokens: Sequence[str]) -> str:
        """Return the text of target tokens; special and language tokens are left out."""
        ...

    def source_offsets(self, text: str, source: str, target: str) -> list[Range | None]:
        """Return where each token of `encode(text, source, target)` stands in `text`, without white space around it.

        None: a token that the family put there, such as a language's.
        """
        ...

    def target_offsets(self, tokens: Sequence[str]) -> list[Range | None]:
        """Return where each target token stands in `decode(tokens)`; None for one that is left out of it."""
        ...

    def unknown(self, text: str) -> list[Range]:
        """Return where characters stand that the checkpoint has no piece for, with the words that they are in."""
        ...

    def count(self, text: str) -> int:
        """Return how many source tokens `text` takes, special and language tokens not counted."""
        ...
