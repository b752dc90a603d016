from __future__ import annotations

import pytest

from model_pool.engines.threads import ThreadPlan, plan_threads

SMALL, LARGE = 20 * 2**20, 600 * 2**20


@pytest.mark.parametrize(
    ("cpus", "size", "plan"),
    [
        (1, SMALL, ThreadPlan(1, 1)),
        (2, SMALL, ThreadPlan(2, 1)),
        (16, SMALL, ThreadPlan(16, 1)),
        (2, LARGE, ThreadPlan(1, 2)),
        (16, LARGE, ThreadPlan(2, 8)),
    ],
)
def test_small_models_share_no_batch_and_large_ones_do(cpus: int, size: int, plan: ThreadPlan) -> None:
    assert plan_threads(cpus=cpus, weights_bytes=size) == plan


def test_given_numbers_are_taken_as_they_are() -> None:
    assert plan_threads(cpus=8, weights_bytes=SMALL, inter=3, intra=5) == ThreadPlan(3, 5)
    assert plan_threads(cpus=8, weights_bytes=LARGE, inter=4) == ThreadPlan(4, 2)
    assert plan_threads(cpus=8, weights_bytes=SMALL, intra=4) == ThreadPlan(2, 4)
