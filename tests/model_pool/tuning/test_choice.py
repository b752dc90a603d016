from __future__ import annotations

import pytest

from model_pool.tuning.choice import Round, Tried, choose
from model_pool.tuning.plan import Setting

RULE = Setting(2, 1, 8, 1024)
WIDE = Setting(2, 1, 32, 1024)
LEAN = Setting(1, 1, 8, 1024)


def tried(setting: Setting, *rates: float, p95: float = 0.1) -> Tried:
    return Tried(setting, tuple(Round(rate, 0.05, p95, 2**20, 100) for rate in rates))


RULED = tried(RULE, 100, 102, 98, 101, 99)


def test_clear_winner_is_chosen_with_its_gain() -> None:
    verdict = choose(RULED, [tried(WIDE, 120, 122, 118, 121, 119)])
    assert verdict.chosen.setting == WIDE
    assert verdict.gain == pytest.approx(0.2, abs=0.01)
    assert not verdict.is_rule


def test_rule_stays_where_nothing_else_was_measured() -> None:
    assert choose(RULED, []).is_rule


@pytest.mark.parametrize(
    "rates",
    [
        (101, 103, 99, 102, 100),  # faster by less than is worth it
        (150, 60, 170, 104, 80),  # faster in the middle, but all over the place
        (90, 92, 88, 91, 89),
    ],
)
def test_rule_stays_unless_it_is_beaten_by_more_than_noise(rates: tuple[float, ...]) -> None:
    assert choose(RULED, [tried(WIDE, *rates)]).is_rule


def test_rounds_are_compared_with_the_rules_rounds_beside_them() -> None:
    # The machine got slower by half in the middle: rates are all over the place, ratios are not.
    ruled = tried(RULE, 100, 101, 50, 51, 50)
    verdict = choose(ruled, [tried(WIDE, 120, 121, 60, 61, 60)])
    assert verdict.chosen.setting == WIDE
    assert verdict.noise < 0.05


def test_of_equals_the_cheapest_is_taken() -> None:
    wide, lean = tried(WIDE, 121, 123, 119, 122, 120), tried(LEAN, 120, 122, 118, 121, 119)
    assert choose(RULED, [wide, lean]).chosen.setting == LEAN
    assert choose(RULED, [lean, wide]).chosen.setting == LEAN


def test_throughput_is_not_bought_with_waiting() -> None:
    slow = tried(WIDE, 150, 152, 148, 151, 149, p95=0.2)
    assert choose(RULED, [slow]).is_rule


def test_median_of_the_rounds_is_what_counts() -> None:
    one = tried(RULE, 1, 100, 1000)
    assert one.rate == 100
    assert (one.latency, one.p95, one.grown, one.sentences) == (0.05, 0.1, 2**20, 100)
