from __future__ import annotations

import pytest

from model_pool.workshop.data.batches import Example
from model_pool.workshop.teach.faults import Limits, fault_of, most_repeats

LIMITS = Limits(ratio=2.0, repeats=3)


@pytest.mark.parametrize(
    ("ids", "repeats"),
    [
        ([], 1), ([5], 1), ([5, 5], 2), ([5, 6, 5, 6, 5, 6, 0], 3), ([1, 2, 3, 1, 2, 3, 0], 2),
        ([9, 5, 5, 5, 5, 0], 4), ([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4], 3), ([1, 2, 1, 3, 1, 2], 1),
        (list(range(1, 7)) * 3, 1),
    ],
)  # fmt: skip
def test_repeats_of_one_to_four_pieces_are_counted(ids: list[int], repeats: int) -> None:
    assert most_repeats(ids) == repeats


@pytest.mark.parametrize(
    ("source", "target", "fault"),
    [
        ([3, 4, 0], [5, 6, 0], ""),
        ([3, 4, 0], [5, 6], "unfinished"),
        ([3, 4, 0], [], "unfinished"),
        ([3, 4, 0], [0], "empty"),
        ([3, 0], [5, 6, 7, 8, 9, 10, 11, 12, 0], ""),
        ([3, 0], [*range(5, 15), 0], "length"),
        ([*range(3, 30), 0], [5, 6, 7, 0], "length"),
        ([3, 4, 5, 6, 7, 0], [5, 5, 5, 5, 0], "repeats"),
        ([3, 3, 3, 3, 7, 0], [5, 5, 5, 5, 0], ""),
    ],
)
def test_translation_that_is_no_example_is_told_why(source: list[int], target: list[int], fault: str) -> None:
    assert fault_of(Example(source, target), 0, LIMITS) == fault
