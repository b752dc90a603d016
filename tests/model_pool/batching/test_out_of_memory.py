from __future__ import annotations

from collections.abc import Sequence

from model_pool.batching.batcher import _compute
from model_pool.batching.items import Work
from model_pool.engines.fake import FakeEngine
from model_pool.errors import OutOfMemory
from model_pool.types import DecodeOptions, EncodedSegment


def test_batch_that_the_device_has_no_room_for_is_tried_again_in_halves() -> None:
    def small_card(segments: Sequence[EncodedSegment]) -> None:
        if len(segments) > 3:
            raise OutOfMemory("no room")

    engine = FakeEngine(hook=small_card)
    works = [Work(EncodedSegment((str(n),)), DecodeOptions(), 1) for n in range(8)]
    outcome = _compute(engine, works)
    assert [result[0].tokens for result in outcome if isinstance(result, tuple)] == [(str(n),) for n in range(8)]
    assert [len(batch) for batch in engine.batches] == [8, 4, 2, 2, 4, 2, 2]


def test_segment_that_the_device_has_no_room_for_alone_is_out_of_memory_and_not_poison() -> None:
    def full_card(segments: Sequence[EncodedSegment]) -> None:
        if any(segment.tokens == ("long",) for segment in segments):
            raise OutOfMemory("no room")

    works = [Work(EncodedSegment((token,)), DecodeOptions(), 1) for token in ("a", "long", "b")]
    outcome = _compute(FakeEngine(hook=full_card), works)
    assert [type(result) for result in outcome] == [tuple, OutOfMemory, tuple]
