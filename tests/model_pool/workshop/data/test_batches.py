from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_pool.workshop.data.batches import Batch, Batches, Encoders, Plan, cut
from model_pool.workshop.data.pairs import Pair
from model_pool.workshop.errors import DataInvalid

PAIRS = [Pair("x" * (1 + index % 17), f"{index}") for index in range(500)]


def encode(texts: Sequence[str]) -> list[list[int]]:
    return [[ord(sign) for sign in text] for text in texts]


def make(*, seed: int = 1, tokens: int = 60, window: int = 64, longest: int = 30) -> Batches:
    return Batches(lambda: PAIRS, Encoders(encode, encode), Plan(tokens, longest, window=window), seed=seed)


def shown(batches: Sequence[Batch]) -> list[list[tuple[int, ...]]]:
    return [[tuple(one.target) for one in batch] for batch in batches]


def first_epoch(batches: Batches) -> list[Batch]:
    taken: list[Batch] = []
    for batch in batches:
        if batches.position.epoch > 0:
            return taken
        taken.append(batch)
    raise AssertionError("batches are endless")


def test_every_pair_comes_once_in_an_epoch_within_the_budget() -> None:
    taken = first_epoch(make())
    assert Counter(tuple(one.target) for batch in taken for one in batch) == Counter(
        tuple(ids) for ids in encode([pair.target for pair in PAIRS])
    )
    assert max(len(batch) * max(one.length for one in batch) for batch in taken) <= 60


def test_batches_follow_from_the_seed_and_epochs_differ() -> None:
    same = shown(list(islice(make(), 300)))
    assert same == shown(list(islice(make(), 300)))
    assert same != shown(list(islice(make(seed=2), 300)))
    count = len(first_epoch(make()))
    assert sorted(same[:20]) != sorted(same[count : count + 20])


@given(st.integers(0, 400))
def test_reading_goes_on_from_a_position_as_if_it_had_never_stopped(count: int) -> None:
    whole = make()
    for _ in islice(whole, count):
        pass
    resumed = make()
    resumed.position = whole.position
    assert shown(list(islice(resumed, 40))) == shown(list(islice(make(), count, count + 40)))


def test_neighbours_in_length_share_batches() -> None:
    batches = first_epoch(make(window=500))
    spread = [max(one.length for one in batch) - min(one.length for one in batch) for batch in batches]
    assert sum(spread) / len(spread) < 1


def test_pair_longer_than_the_limit_is_left_out_and_counted() -> None:
    batches = make(longest=10)
    assert all(one.length <= 10 for batch in first_epoch(batches) for one in batch)
    assert batches.left_out == {"long": sum(len(pair.source) > 10 for pair in PAIRS)}


def test_pair_whose_target_the_vocabulary_cannot_write_is_left_out_and_counted() -> None:
    unknown = ord("?")
    pairs = [Pair("great", "otimo"), Pair("Great", "?timo"), Pair("?", "what")]
    batches = Batches(lambda: pairs, Encoders(encode, encode), Plan(100, 10, unknown), seed=1)
    (batch,) = first_epoch(batches)
    assert len(batch) == 2
    assert all(unknown not in one.target for one in batch)
    assert batches.left_out == {"unwritable": 1}


def test_nothing_that_fits_is_an_error_and_no_endless_loop() -> None:
    with pytest.raises(DataInvalid, match="No pair has 0 tokens or fewer"):
        next(iter(make(longest=0)))


def test_example_beyond_the_budget_is_a_batch_of_its_own() -> None:
    examples = next(iter(make()))
    assert [len(batch) for batch in cut(examples, 1)] == [1] * len(examples)
