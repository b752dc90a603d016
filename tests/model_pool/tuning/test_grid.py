from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_pool.engines.threads import ThreadPlan
from model_pool.tuning.grid import coarse, refined, thread_plans
from model_pool.tuning.plan import Setting

RULED = Setting(2, 1, 8, 1024)


@pytest.mark.parametrize(
    ("cpus", "plans"),
    [
        (1, [(1, 1)]),
        (2, [(2, 1), (1, 2), (1, 1)]),
        (4, [(4, 1), (2, 2), (1, 4), (3, 1), (2, 1)]),
        (16, [(16, 1), (8, 2), (4, 4), (2, 8), (15, 1), (8, 1)]),
    ],
)
def test_cpus_are_spent_in_every_way_that_makes_sense(cpus: int, plans: list[tuple[int, int]]) -> None:
    assert thread_plans(device="cpu", cpus=cpus) == [ThreadPlan(*one) for one in plans]


def test_on_a_card_only_the_number_of_batches_varies() -> None:
    assert thread_plans(device="cuda:0", cpus=16) == [ThreadPlan(1, 1), ThreadPlan(2, 1)]


@given(st.sampled_from(["cpu", "cuda"]), st.integers(1, 128), st.integers(1, 300))
def test_rule_is_tried_first_and_nothing_twice(device: str, cpus: int, waiting: int) -> None:
    grid = coarse(RULED, device=device, cpus=cpus, waiting=waiting)
    assert grid[0] == RULED
    assert len(set(grid)) == len(grid)
    assert all(one.max_items <= max(waiting, RULED.max_items) for one in grid)
    if device == "cpu":
        assert all(one.inter * one.intra <= cpus for one in grid[1:])


def test_neighbours_vary_the_batch_and_skip_what_was_tried() -> None:
    near = refined([RULED], [RULED, Setting(2, 1, 16, 1024)], waiting=64, longest=40)
    assert near == [Setting(2, 1, 4, 1024), Setting(2, 1, 6, 1024)]


def test_token_budget_is_varied_only_where_a_batch_can_reach_it() -> None:
    large = Setting(1, 1, 32, 1024)
    near = refined([large], [], waiting=64, longest=40)
    assert Setting(1, 1, 32, 512) in near
    assert Setting(1, 1, 32, 2048) in near
    assert not any(one.max_tokens == 2048 for one in refined([RULED], [], waiting=64, longest=40))
