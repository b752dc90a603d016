from __future__ import annotations

from itertools import islice

import pytest

from model_pool.workshop.data.batches import Batches, Encoders, Plan
from model_pool.workshop.data.pairs import Pair
from model_pool.workshop.pacing import Schedule, rate_factor
from model_pool.workshop.train.feed import IGNORED, Feed, collate
from model_pool.workshop.train.pace import Pace, stage_at


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nearer_limit_says_how_far_training_is() -> None:
    clock = Clock()
    pace = Pace(max_steps=10, max_minutes=1, clock=clock)
    pace.tick(2)
    assert pace.fraction == pytest.approx(0.2)
    clock.now += 30
    pace.tick(3)
    assert pace.fraction == pytest.approx(0.5)
    clock.now += 300
    pace.tick(4)
    assert pace.fraction == 1


def test_time_of_earlier_runs_counts() -> None:
    clock = Clock()
    pace = Pace(max_steps=0, max_minutes=1, step=7, spent=45, clock=clock)
    clock.now += 3
    pace.tick(8)
    assert pace.seconds == 48
    assert pace.fraction == pytest.approx(0.8)


@pytest.mark.parametrize("schedule", ["cosine", "constant", "inverse_sqrt"])
def test_rate_rises_to_the_highest_and_no_schedule_ends_above_it(schedule: Schedule) -> None:
    rates = [rate_factor(schedule, step=step, fraction=step / 100, warmup=10) for step in range(100)]
    assert rates[:10] == sorted(rates[:10])
    assert 0.95 < max(rates) <= 1
    assert rates[10:] == sorted(rates[10:], reverse=True)
    ends = {"cosine": 0.01, "constant": 1.0, "inverse_sqrt": (10 / 100) ** 0.5}
    assert rates[-1] == pytest.approx(ends[schedule], abs=0.001)


def test_rate_without_warming_up_begins_at_the_highest() -> None:
    assert rate_factor("cosine", step=0, fraction=0, warmup=0) == 1
    assert rate_factor("inverse_sqrt", step=0, fraction=0, warmup=0) == 1


def test_stages_take_their_shares() -> None:
    at = [stage_at(step / 10, (2.0, 1.0, 2.0)) for step in range(11)]
    assert at == [0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2]


def batches(sign: str) -> Batches:
    pairs = [Pair(sign * 3, sign * (1 + index % 4)) for index in range(40)]
    encoders = Encoders(*[lambda texts: [[ord(one) for one in text] for text in texts]] * 2)
    return Batches(lambda: pairs, encoders, Plan(12, 10), seed=1)


def test_feed_reads_the_stage_that_is_due() -> None:
    pace = Pace(max_steps=10, max_minutes=0)
    feed = Feed([batches("a"), batches("b")], (0.3, 0.7), pace, pad=0, start=0)
    read = []
    for step, tensors in enumerate(islice(feed, 10)):
        read.append(chr(int(tensors["input_ids"][0, 0])))
        pace.tick(step + 1)
    assert "".join(read) == "aaabbbbbbb"


def test_processes_share_the_batches_without_overlap() -> None:
    whole = Feed([batches("a")], (), Pace(max_steps=9, max_minutes=0), pad=0, start=0)
    expected = [tensors["labels"].tolist() for tensors in islice(whole, 8)]
    shared = [
        Feed([batches("a")], (), Pace(max_steps=9, max_minutes=0), pad=0, start=0, rank=rank, world=2)
        for rank in (0, 1)
    ]
    taken = [[tensors["labels"].tolist() for tensors in islice(feed, 4)] for feed in shared]
    assert [one for both in zip(*taken, strict=True) for one in both] == expected
    assert shared[0].positions == shared[1].positions == whole.positions
    assert shared[0].tokens == whole.tokens


def test_decoder_reads_targets_one_place_late_and_padding_counts_nowhere() -> None:
    [batch] = islice(batches("a"), 1)
    tensors = collate(batch, pad=7, start=9)
    assert tensors["decoder_input_ids"][:, 0].tolist() == [9] * len(batch)
    for row, example in enumerate(batch):
        length = len(example.target)
        assert tensors["labels"][row, :length].tolist() == example.target
        assert set(tensors["labels"][row, length:].tolist()) <= {IGNORED}
        assert tensors["decoder_input_ids"][row, 1:length].tolist() == example.target[:-1]
        assert set(tensors["decoder_input_ids"][row, length + 1 :].tolist()) <= {7}
        assert int(tensors["attention_mask"][row].sum()) == len(example.source)
