from __future__ import annotations

import pytest

from model_pool.tuning.others import Usage, taken, taken_since

BEFORE = Usage(at=10.0, machine=100.0, own=5.0)


@pytest.mark.parametrize(
    ("machine", "own", "cpus", "machine_cpus", "expected"),
    [
        (20.0, 20.0, 2, 2, 0.0),  # all of it was ours
        (20.0, 12.0, 2, 2, 0.8),
        (20.0, 12.0, 2, 16, 0.0),  # others have 14 CPUs of their own
        (160.0, 10.0, 2, 16, 1.0),
        (900.0, 0.0, 2, 2, 2.0),
        (19.0, 20.0, 2, 2, 0.0),  # counters are coarse
    ],
)
def test_what_others_take_of_our_cpus_is_what_exceeds_their_own(
    machine: float, own: float, cpus: int, machine_cpus: int, expected: float
) -> None:
    after = Usage(BEFORE.at + 10, BEFORE.machine + machine, BEFORE.own + own)
    assert taken(BEFORE, after, cpus=cpus, machine_cpus=machine_cpus) == pytest.approx(expected)


def test_counters_of_this_machine_can_be_read() -> None:
    assert taken_since(Usage.now()) >= 0
