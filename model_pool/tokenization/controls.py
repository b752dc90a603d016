"""Which tokens steer a checkpoint, so that they are never read from user text nor shown to a user; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache, partial

from model_pool.catalog.languages import TOKEN_SHAPES
from model_pool.catalog.manifest import Manifest

_COMMON = frozenset({"<s>", "</s>", "<pad>", "<unk>", "<mask>"})
_FILLER = re.compile(r"<extra_id_\d+>|<unused_\d+>|madeupword\d+")

_REMEMBERED = 8192


class Controls:
    """The control tokens of one checkpoint: special tokens, language tokens, and embeddings without a word."""

    def __init__(self, manifest: Manifest, special: Iterable[str | None]) -> None:
        languages = {*manifest.sources.values(), *manifest.targets.values()}
        tokens = _COMMON | languages | {token for token in special if token}
        # Decoding asks for every token; those of ordinary text are few and come again and again.
        self._steers = lru_cache(_REMEMBERED)(partial(_steers, tokens, TOKEN_SHAPES[manifest.family]))

    def __contains__(self, token: object) -> bool:
        return isinstance(token, str) and self._steers(token)

    def without(self, tokens: Iterable[str]) -> list[str]:
        """Return the tokens that are none of these."""
        steers = self._steers
        return [token for token in tokens if not steers(token)]


def _steers(tokens: frozenset[str], shape: re.Pattern[str], token: str) -> bool:
    return token in tokens or shape.fullmatch(token) is not None or _FILLER.fullmatch(token) is not None
