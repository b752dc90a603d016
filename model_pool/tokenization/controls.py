"""Which tokens steer a checkpoint, so that they are never read from user text nor shown to a user; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from model_pool.catalog.languages import TOKEN_SHAPES
from model_pool.catalog.manifest import Manifest

_COMMON = frozenset({"<s>", "</s>", "<pad>", "<unk>", "<mask>"})
_FILLER = re.compile(r"<extra_id_\d+>|<unused_\d+>|madeupword\d+")


class Controls:
    """The control tokens of one checkpoint: special tokens, language tokens, and embeddings without a word."""

    def __init__(self, manifest: Manifest, special: Iterable[str | None]) -> None:
        languages = {*manifest.sources.values(), *manifest.targets.values()}
        self._tokens = _COMMON | languages | {token for token in special if token}
        self._shape = TOKEN_SHAPES[manifest.family]

    def __contains__(self, token: object) -> bool:
        return isinstance(token, str) and (
            token in self._tokens or self._shape.fullmatch(token) is not None or _FILLER.fullmatch(token) is not None
        )
