"""Translations that were made before, for exactly the same text; bounded in bytes; touches nothing."""

from __future__ import annotations

import sys
from collections import OrderedDict
from dataclasses import dataclass, replace

from model_pool.types import DecodeOptions, ReplicaKey, Translation

_OVERHEAD = 600
"""Bytes of the objects around the strings of one entry, measured with tracemalloc."""

_PER_LINK = 230
"""Bytes of one link: three tuples and the integers over 256 in them."""


@dataclass(frozen=True, slots=True)
class CacheKey:
    """Everything that decides a translation. The replica's key holds the digest, so a reload changes nothing."""

    replica: ReplicaKey
    source: str
    target: str
    options: DecodeOptions
    text: str


class TranslationCache:
    """Least recently used entries leave first. Failures and incomplete translations never enter."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[CacheKey, Translation] = OrderedDict()
        self.bytes = 0
        self.hits = 0
        self.misses = 0

    def get(self, key: CacheKey) -> Translation | None:
        """Return a translation that was made before, marked as such."""
        found = self._entries.get(key)
        if found is None:
            self.misses += 1
            return None
        self._entries.move_to_end(key)
        self.hits += 1
        return found

    def put(self, key: CacheKey, translation: Translation) -> None:
        """Keep a complete translation, if it fits at all."""
        size = _size(key, translation)
        if translation.truncated or size > self._max_bytes or key in self._entries:
            return
        self._entries[key] = replace(translation, cached=True)
        self.bytes += size
        while self.bytes > self._max_bytes:
            old_key, old = self._entries.popitem(last=False)
            self.bytes -= _size(old_key, old)

    def __len__(self) -> int:
        return len(self._entries)


def _size(key: CacheKey, translation: Translation) -> int:
    kept = (translation, *translation.others)
    texts = sys.getsizeof(key.text) + sum(sys.getsizeof(one.text) for one in kept)
    return _OVERHEAD * len(kept) + texts + _PER_LINK * sum(len(one.links) for one in kept)
