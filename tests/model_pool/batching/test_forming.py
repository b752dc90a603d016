from __future__ import annotations

import asyncio
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from model_pool.batching.forming import BatchLimits, form_batch
from model_pool.batching.items import Hypotheses, Item, Submission, Work
from model_pool.types import DecodeOptions, EncodedSegment

GREEDY, BEAM = DecodeOptions(), DecodeOptions(beam_size=4)


def item(length: int, *, options: DecodeOptions = GREEDY, of: int = 1) -> Item:
    """Return an item of a submission with `of` segments."""
    work = Work(EncodedSegment(("x",) * length), options, length)
    submission = Submission(cast("asyncio.Future[list[Hypotheses]]", None), [None] * of, of)
    return Item(work, submission, queued_at=0.0)


windows = st.lists(st.builds(item, st.integers(1, 80), options=st.sampled_from([GREEDY, BEAM])), min_size=1)
limits = st.builds(BatchLimits, max_items=st.integers(1, 16), max_tokens=st.integers(1, 400))


@given(windows, limits, st.integers(1, 40))
def test_batch_takes_the_first_and_keeps_to_the_limits(window: list[Item], limits: BatchLimits, share: int) -> None:
    batch = form_batch(window, limits, share=share)
    assert window[0] in batch
    assert len({id(one) for one in batch}) == len(batch)
    assert len({one.work.options for one in batch}) == 1
    assert len(batch) <= min(limits.max_items, share)
    padded = len(batch) * max(one.length for one in batch)
    assert len(batch) == 1 or padded <= limits.max_tokens


@given(windows)
def test_batch_is_contiguous_in_length_among_those_with_equal_options(window: list[Item]) -> None:
    batch = form_batch(window, BatchLimits(max_items=4, max_tokens=10_000), share=100)
    lengths = [one.length for one in batch]
    alike = [one for one in window if one.work.options == window[0].work.options]
    passed_by = [one for one in alike if one not in batch and min(lengths) < one.length < max(lengths)]
    assert not passed_by


def test_long_first_item_does_not_starve_behind_short_ones() -> None:
    # bergamot: shortest bucket first with no ageing, so long segments starve.
    window = [item(80), *(item(2) for _ in range(1000))]
    assert window[0] in form_batch(window, BatchLimits(max_tokens=100), share=100)


def test_oversized_item_travels_alone() -> None:
    # TEI #470: an oversized head of queue blocked for ever.
    window = [item(5000), item(5000)]
    assert form_batch(window, BatchLimits(max_tokens=100), share=100) == [window[0]]


def test_neighbours_in_length_are_preferred() -> None:
    window = [item(10), item(60), item(11), item(3), item(9), item(61)]
    batch = form_batch(window, BatchLimits(max_items=3), share=100)
    assert sorted(one.length for one in batch) == [9, 10, 11]


def test_work_that_stands_twice_is_taken_once_and_the_first_item_still_leads() -> None:
    shared = item(4)
    again = Item(shared.work, shared.submission, queued_at=0.0)
    window = [shared, item(4), again]
    batch = form_batch(window, BatchLimits(), share=100)
    assert shared in batch
    assert again not in batch
    assert len(batch) == 2


def test_one_liner_is_not_made_late_by_bulk_that_fills_its_batch_up() -> None:
    one_liner, other, bulk = item(10), item(12), [item(10, of=10_000) for _ in range(20)]
    limits = BatchLimits(max_items=8)
    assert form_batch([one_liner, *bulk, other], limits, share=100) == [one_liner, other]
    assert len(form_batch([bulk[0], one_liner, *bulk[1:]], limits, share=100)) == 8
