"""A tokenizer for tests that need no checkpoint: words are tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence

from model_pool.types import EncodedSegment


class Words:
    """Splits at white space, for any pair."""

    def encode(self, text: str, source: str, target: str) -> EncodedSegment:
        return EncodedSegment(tuple(text.split()))

    def decode(self, tokens: Sequence[str]) -> str:
        return " ".join(tokens)

    def source_offsets(self, text: str, source: str, target: str) -> list[tuple[int, int] | None]:
        return [match.span() for match in re.finditer(r"\S+", text)]

    def target_offsets(self, tokens: Sequence[str]) -> list[tuple[int, int] | None]:
        return [match.span() for match in re.finditer(r"\S+", self.decode(tokens))]

    def unknown(self, text: str) -> list[tuple[int, int]]:
        return []

    def count(self, text: str) -> int:
        return len(text.split())
