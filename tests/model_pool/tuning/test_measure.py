from __future__ import annotations

from collections.abc import Sequence

import pytest

from model_pool.batching.forming import BatchLimits
from model_pool.engines.fake import FakeEngine
from model_pool.errors import SegmentFailed
from model_pool.tuning.measure import Copy, measure
from model_pool.tuning.workload import Pair, Workload
from model_pool.types import DecodeOptions, EncodedSegment
from tests.fakes.words import Words

TEXTS = tuple(f"text number {number}" + " more" * (number % 7) for number in range(40))


def load(waiting: int) -> Workload:
    return Workload(TEXTS, Pair("en", "pt"), DecodeOptions(), waiting, longest=12, said="words")


def copy(engine: FakeEngine) -> Copy:
    return Copy(engine, Words(), "cpu", before=0)


async def test_round_counts_what_the_real_batcher_did() -> None:
    engine = FakeEngine()
    one = await measure(copy(engine), load(16), BatchLimits(max_items=4, max_tokens=40), seconds=0.0)
    assert one.sentences >= 3
    assert one.rate > 0
    assert 0 < one.latency <= one.p95
    assert one.grown > 0
    assert all(len(batch) <= 4 for batch in engine.batches)
    assert any(len(batch) == 4 for batch in engine.batches)
    assert all(len(batch) * max(len(segment.tokens) for segment in batch) <= 40 for batch in engine.batches)


async def test_every_setting_gets_the_same_texts_first() -> None:
    first, again, later = FakeEngine(), FakeEngine(), FakeEngine()
    for engine, place in ((first, 0), (again, 40), (later, 3)):
        await measure(copy(engine), load(1), BatchLimits(), seconds=0.0, first=place)
    assert first.batches[:5] == again.batches[:5]
    assert [batch[0].tokens for batch in later.batches[:2]] == [tuple(text.split()) for text in TEXTS[3:5]]


async def test_one_caller_and_one_text_are_enough() -> None:
    one = await measure(copy(FakeEngine()), load(1), BatchLimits(), seconds=0.0)
    assert one.sentences >= 3


async def test_engine_that_fails_ends_the_round_with_its_error() -> None:
    def poison(_: Sequence[EncodedSegment]) -> None:
        raise ValueError("cannot digest")

    with pytest.raises(SegmentFailed, match="cannot digest"):
        await measure(copy(FakeEngine(hook=poison)), load(4), BatchLimits(), seconds=0.0)
