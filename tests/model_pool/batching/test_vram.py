from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_pool.batching.forming import BatchLimits
from model_pool.batching.vram import LEAST_ITEMS, LEAST_TOKENS, MOST_TOKENS, limits_from_vram

SMALL, LARGE = 18 * 10**6, 3_300 * 10**6
GIB = 2**30
memory = st.integers(0, 200 * GIB)


def tokens(*, free: int, promised: int = 0, weights: int = SMALL, parallelism: int = 1) -> int:
    limits = limits_from_vram(
        BatchLimits(), free=free, promised=promised, weights_bytes=weights, parallelism=parallelism
    )
    return limits.max_tokens


def test_card_with_much_room_takes_the_largest_batches() -> None:
    assert tokens(free=40 * GIB) == MOST_TOKENS


def test_large_checkpoint_gets_smaller_batches_than_a_small_one_in_the_same_room() -> None:
    assert LEAST_TOKENS < tokens(free=10 * GIB, weights=LARGE) < tokens(free=10 * GIB)


def test_room_that_is_promised_to_replicas_to_come_is_not_used_for_batches() -> None:
    assert tokens(free=10 * GIB, promised=6 * GIB) == tokens(free=4 * GIB)


def test_full_or_unmeasured_card_gets_the_smallest_batches() -> None:
    assert tokens(free=0) == tokens(free=GIB, promised=2 * GIB) == LEAST_TOKENS


def test_what_is_not_about_size_stays() -> None:
    limits = limits_from_vram(BatchLimits(window=7, max_queued_tokens=9), free=GIB, promised=0, weights_bytes=SMALL)
    assert (limits.window, limits.max_queued_tokens) == (7, 9)


@given(free=memory, promised=memory, weights=st.integers(0, 20 * GIB), parallelism=st.integers(1, 8))
def test_limits_stay_within_their_bounds_and_more_room_never_makes_them_smaller(
    free: int, promised: int, weights: int, parallelism: int
) -> None:
    limits = limits_from_vram(
        BatchLimits(), free=free, promised=promised, weights_bytes=weights, parallelism=parallelism
    )
    assert LEAST_TOKENS <= limits.max_tokens <= MOST_TOKENS
    assert LEAST_ITEMS <= limits.max_items <= limits.max_tokens
    assert limits.max_tokens <= tokens(free=free + GIB, promised=promised, weights=weights, parallelism=parallelism)
