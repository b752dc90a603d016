"""From timings of several rounds to what a report says of speed and memory; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from model_pool.workshop.evaluate.scores import exact

Round = Mapping[str, Any]


def speeds(rounds: Sequence[Round], batched: Sequence[str]) -> dict[str, Any]:
    """Return medians over the rounds, and the lowest and highest where they matter.

    batched: the same sentences translated in batches; alone_as_batched says how often their translation is the same.
    Milliseconds, sentences and target tokens a second, bytes.
    """
    rates = [len(one["latencies"]) / one["seconds"] for one in rounds]
    return {
        "rounds": len(rounds),
        "latency_p50_ms": _median(rounds, lambda one: 1000 * quantile(one["latencies"], 0.5)),
        "latency_p95_ms": _median(rounds, lambda one: 1000 * quantile(one["latencies"], 0.95)),
        "sentences_s": round(median(rates), 1),
        "sentences_s_lowest": round(min(rates), 1),
        "sentences_s_highest": round(max(rates), 1),
        "tokens_s": _median(rounds, lambda one: one["tokens"] / one["seconds"]),
        "load_seconds": _median(rounds, lambda one: one["load_seconds"]),
        "model_bytes": int(median(one["model_bytes"] for one in rounds)),
        "rss": int(median(one["rss"] for one in rounds)),
        "peak_rss": max(int(one["peak_rss"]) for one in rounds),
        "alone_as_batched": exact(rounds[0]["texts"], batched),
    }


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def _median(rounds: Sequence[Round], of: Callable[[Round], float]) -> float:
    return round(median(of(one) for one in rounds), 3)
