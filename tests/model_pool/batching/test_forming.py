from __future__ import annotations

from collections import deque
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from model_pool.batching.forming import BatchLimits, form_batch
from model_pool.batching.items import Item, Submission
from model_pool.types import DecodeOptions, EncodedSegment

GREEDY, BEAM = DecodeOptions(), DecodeOptions(beam_size=4)


class Asker:
    """Stands in for a submission: forming asks only whether it is alive."""

    def __init__(self, *, alive: bool = True) -> None:
        self.alive = alive


def item(length: int, place: int = 0, *, options: DecodeOptions = GREEDY, alive: bool = True) -> Item:
    asker = cast("Submission", Asker(alive=alive))
    return Item(asker, place, EncodedSegment(("x",) * length), options, queued_at=0.0, length=length)


items = st.lists(
    st.builds(
        item, st.integers(1, 80), options=st.sampled_from([GREEDY, BEAM]), alive=st.sampled_from([True] * 4 + [False])
    )
)
limits = st.builds(BatchLimits, max_items=st.integers(1, 16), max_tokens=st.integers(1, 400), window=st.integers(1, 32))


@given(items, limits, st.integers(1, 4))
def test_every_living_item_leaves_once_and_no_dead_one_does(
    queued: list[Item], limits: BatchLimits, slots: int
) -> None:
    queue = deque(queued)
    left: list[Item] = []
    while batch := form_batch(queue, limits, free_slots=slots):
        left += batch
    assert not queue
    assert sorted(map(id, left)) == sorted(id(one) for one in queued if one.alive)


@given(items, limits, st.integers(1, 4))
def test_every_batch_takes_the_oldest_and_keeps_to_the_limits(
    queued: list[Item], limits: BatchLimits, slots: int
) -> None:
    queue = deque(queued)
    while True:
        living = [one for one in queue if one.alive]
        batch = form_batch(queue, limits, free_slots=slots)
        if not batch:
            break
        assert living[0] in batch
        assert len({one.options for one in batch}) == 1
        assert len(batch) <= min(limits.max_items, -(-len(queued) // slots))
        padded = len(batch) * max(one.length for one in batch)
        assert len(batch) == 1 or padded <= limits.max_tokens


@given(items, limits)
def test_what_stays_keeps_its_order(queued: list[Item], limits: BatchLimits) -> None:
    queue = deque(queued)
    batch = set(map(id, form_batch(queue, limits, free_slots=1)))
    order = {id(one): place for place, one in enumerate(queued)}
    places = [order[id(one)] for one in queue]
    assert places == sorted(places)
    assert not batch & set(map(id, queue))


def test_long_head_does_not_starve_behind_short_items() -> None:
    # bergamot: shortest bucket first with no ageing, so long segments starve.
    queue = deque([item(80), *(item(2) for _ in range(1000))])
    assert form_batch(queue, BatchLimits(max_tokens=100), free_slots=1)[0].length == 80


def test_oversized_item_travels_alone() -> None:
    # TEI #470: an oversized head of queue blocked for ever.
    queue = deque([item(5000), item(5000)])
    assert [one.length for one in form_batch(queue, BatchLimits(max_tokens=100), free_slots=1)] == [5000]
    assert len(queue) == 1


def test_neighbours_in_length_are_preferred() -> None:
    queue = deque([item(10), item(60), item(11), item(3), item(9), item(61)])
    batch = form_batch(queue, BatchLimits(max_items=3), free_slots=1)
    assert sorted(one.length for one in batch) == [9, 10, 11]


def test_free_slots_share_what_is_queued() -> None:
    queue = deque([item(4) for _ in range(9)])
    assert len(form_batch(queue, BatchLimits(), free_slots=3)) == 3


def test_segments_of_other_options_wait_for_their_own_batch() -> None:
    queue = deque([item(4), item(4, options=BEAM), item(4)])
    first = form_batch(queue, BatchLimits(), free_slots=1)
    second = form_batch(queue, BatchLimits(), free_slots=1)
    assert [one.options for one in first] == [GREEDY, GREEDY]
    assert [one.options for one in second] == [BEAM]
