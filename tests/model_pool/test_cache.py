from __future__ import annotations

from dataclasses import replace

from model_pool.cache import CacheKey, TranslationCache
from model_pool.types import DecodeOptions, Digest, ReplicaKey, Translation
from tests.fakes.effects import key as replica_key

GREEDY = DecodeOptions()


def key(
    text: str, *, options: DecodeOptions = GREEDY, replica: ReplicaKey | None = None, target: str = "pt"
) -> CacheKey:
    return CacheKey(replica or replica_key("a"), "en", target, options, text)


def translation(text: str, *, truncated: bool = False) -> Translation:
    return Translation(text, -0.1, 3, 3, truncated=truncated)


def test_same_text_is_found_and_marked_as_cached() -> None:
    cache = TranslationCache(10_000)
    assert cache.get(key("hello")) is None
    cache.put(key("hello"), translation("olá"))
    found = cache.get(key("hello"))
    assert found is not None
    assert (found.text, found.cached) == ("olá", True)
    assert (cache.hits, cache.misses) == (1, 1)


def test_whatever_decides_a_translation_is_in_the_key() -> None:
    cache = TranslationCache(10_000)
    cache.put(key("hello"), translation("olá"))
    other = ReplicaKey(Digest("b" * 64), "fake", "cpu", "int8")
    for asked in (
        key("Hello"),
        key("hello "),
        key("hello", target="es"),
        key("hello", options=DecodeOptions(beam_size=2)),
        key("hello", replica=other),
    ):
        assert cache.get(asked) is None


def test_incomplete_translations_never_enter() -> None:
    # Meeshy: a failure was cached for 30 days.
    cache = TranslationCache(10_000)
    cache.put(key("hello"), translation("olá olá olá", truncated=True))
    assert len(cache) == cache.bytes == 0


def test_bytes_are_bounded_and_the_least_recently_used_leaves_first() -> None:
    cache = TranslationCache(4_000)
    for number in range(20):
        cache.put(key(f"text {number}"), translation("x" * 100))
        cache.get(key("text 0"))
        assert cache.bytes <= 4_000
    assert cache.get(key("text 0")) is not None
    assert cache.get(key("text 19")) is not None
    assert cache.get(key("text 1")) is None
    assert 0 < len(cache) < 20


def test_what_is_larger_than_the_cache_does_not_empty_it() -> None:
    cache = TranslationCache(2_000)
    cache.put(key("small"), translation("x"))
    cache.put(key("large"), translation("x" * 5_000))
    assert cache.get(key("small")) is not None
    assert cache.get(key("large")) is None


def test_putting_twice_counts_once() -> None:
    cache = TranslationCache(10_000)
    cache.put(key("hello"), translation("olá"))
    size = cache.bytes
    cache.put(key("hello"), translation("olá"))
    assert cache.bytes == size


def test_other_hypotheses_are_counted_in_what_an_entry_takes() -> None:
    plain, rich = TranslationCache(100_000), TranslationCache(100_000)
    plain.put(key("hello"), translation("olá"))
    rich.put(key("hello"), replace(translation("olá"), others=(translation("oi"), translation("alô"))))
    assert rich.bytes > 2 * plain.bytes
