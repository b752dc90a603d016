"""Which of the settings that were measured wins, and whether by more than noise; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

from model_pool.tuning.plan import Setting

LEAST_GAIN = 0.03
"""Over the rule's setting; less is not worth being different from every other machine."""

MOST_LATENCY = 1.25
"""Times the rule's p95: throughput that is bought with more than that is not for people who wait."""

_DEVIATIONS_PER_MAD = 1.4826
_MEDIAN_OVER_MEAN = 1.2533


@dataclass(frozen=True, slots=True)
class Round:
    """One measurement. Seconds; `grown`: bytes of memory in use above those before the engine was loaded."""

    rate: float
    latency: float
    p95: float
    grown: int
    sentences: int


@dataclass(frozen=True, slots=True)
class Tried:
    """A setting and its rounds, oldest first; the rounds of settings that are compared were interleaved."""

    setting: Setting
    rounds: tuple[Round, ...]

    @property
    def rate(self) -> float:
        """Sentences a second, as all that follow: the median of the rounds."""
        return median(one.rate for one in self.rounds)

    @property
    def latency(self) -> float:
        """Seconds that half of the callers waited at most."""
        return median(one.latency for one in self.rounds)

    @property
    def p95(self) -> float:
        """Seconds that 19 of 20 callers waited at most."""
        return median(one.p95 for one in self.rounds)

    @property
    def grown(self) -> int:
        """Bytes."""
        return int(median(one.grown for one in self.rounds))

    @property
    def sentences(self) -> int:
        """Sentences that a round counted."""
        return int(median(one.sentences for one in self.rounds))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was chosen. `gain` over the rule's setting and its `noise`: 0.1 is a tenth."""

    chosen: Tried
    ruled: Tried
    gain: float
    noise: float

    @property
    def is_rule(self) -> bool:
        """Whether the rule's setting stays."""
        return self.chosen.setting == self.ruled.setting


def choose(ruled: Tried, others: Sequence[Tried]) -> Verdict:
    """Return the setting to run with. The rule's stays unless another wins by more than noise.

    Of those that win, the ones within the noise of the best count as equal to it, and the cheapest of them is taken:
    fewest threads, then least memory for batches.
    """
    gains = {one.setting: _gain(one, ruled) for one in others}
    winners = [one for one in others if _wins(one, ruled, *gains[one.setting])]
    if not winners:
        best = max(others, key=lambda one: gains[one.setting][0], default=ruled)
        return Verdict(ruled, ruled, gain=0.0, noise=gains.get(best.setting, (0.0, 0.0))[1])
    top, noise = max(gains[one.setting] for one in winners)
    equals = [one for one in winners if gains[one.setting][0] >= top - max(noise, LEAST_GAIN)]
    chosen = min(equals, key=lambda one: (_cost(one.setting), -gains[one.setting][0]))
    return Verdict(chosen, ruled, *gains[chosen.setting])


def _gain(one: Tried, ruled: Tried) -> tuple[float, float]:
    """Return the median gain over the rule's rounds beside it, and twice the standard error of that median."""
    ratios = [mine.rate / its.rate for mine, its in zip(one.rounds, ruled.rounds, strict=True) if its.rate]
    if not ratios:
        return 0.0, 0.0
    middle = median(ratios)
    deviation = _DEVIATIONS_PER_MAD * median(abs(ratio - middle) for ratio in ratios)
    return middle - 1, 2 * _MEDIAN_OVER_MEAN * deviation / sqrt(len(ratios))


def _wins(one: Tried, ruled: Tried, gain: float, noise: float) -> bool:
    return gain > max(LEAST_GAIN, noise) and one.p95 <= MOST_LATENCY * ruled.p95


def _cost(setting: Setting) -> tuple[int, int]:
    return setting.inter * setting.intra, setting.inter * min(setting.max_items * 64, setting.max_tokens)
