from __future__ import annotations

import pytest

from model_pool.batching.forming import BatchLimits
from model_pool.tuning.plan import AUTO, Origin, Plan, Setting, join, rule

SMALL, LARGE = 20 * 2**20, 600 * 2**20
RULED = Setting(2, 1, 8, 1024)
TUNED = Setting(1, 2, 16, 512)


@pytest.mark.parametrize(
    ("device", "size", "setting"),
    [
        ("cpu", SMALL, Setting(16, 1, 16, 1024)),
        ("cpu", LARGE, Setting(2, 8, 16, 1024)),
        ("cuda:1", LARGE, Setting(1, 1, 16, 1024)),
    ],
)
def test_rule_goes_by_device_and_model_size(device: str, size: int, setting: Setting) -> None:
    assert rule(device=device, cpus=16, weights_bytes=size) == setting


def test_rule_takes_what_is_wanted_as_given() -> None:
    assert rule(device="cpu", cpus=8, weights_bytes=LARGE, wanted=Setting(inter=4)) == Setting(4, 2, 16, 1024)
    wanted = Setting(3, 5, 32, 4096)
    assert rule(device="cpu", cpus=8, weights_bytes=SMALL, wanted=wanted) == wanted


def test_what_was_measured_wins_over_the_rule() -> None:
    assert join(RULED, AUTO, None) == Plan(RULED, Origin.RULE, Origin.RULE)
    assert join(RULED, AUTO, TUNED) == Plan(TUNED, Origin.TUNED, Origin.TUNED)


@pytest.mark.parametrize("wanted", [Setting(inter=2), Setting(intra=1), Setting(inter=2, intra=1)])
def test_configured_threads_win_and_leave_the_tuned_batch(wanted: Setting) -> None:
    plan = join(RULED, wanted, TUNED)
    assert plan == Plan(Setting(2, 1, 16, 512), Origin.CONFIGURED, Origin.TUNED)


@pytest.mark.parametrize("wanted", [Setting(max_items=8), Setting(max_tokens=1024)])
def test_configured_batch_wins_and_leaves_the_tuned_threads(wanted: Setting) -> None:
    plan = join(RULED, wanted, TUNED)
    assert plan == Plan(Setting(1, 2, 8, 1024), Origin.TUNED, Origin.CONFIGURED)


def test_plan_says_its_numbers_and_where_they_are_from() -> None:
    said = str(Plan(RULED, Origin.CONFIGURED, Origin.TUNED))
    assert said == "2 x 1 threads (configured), batches of 8 segments and 1024 tokens (tuned)"


def test_limits_of_a_plan_keep_window_and_queue() -> None:
    queue = BatchLimits(max_items=99, window=7, max_queued_tokens=11)
    assert Plan(TUNED).limits(queue) == BatchLimits(16, 512, window=7, max_queued_tokens=11)
