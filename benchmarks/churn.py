"""Memory while many checkpoints take turns under a budget for a few: does it come back, cycle after cycle?

Every tier has a checkpoint of its own content and nothing is preloaded, so each request loads one and evicts another.
The budget is made from the footprint of one, measured first, and the peak of its load.

example: python -m benchmarks.churn --cycles 20
"""

from __future__ import annotations

import argparse
import tempfile
import urllib.error
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.checkpoints import copies, find
from benchmarks.options import Common, command, common, parser, tier
from benchmarks.report import Target
from benchmarks.servers import Server, babelpool

_QUICK_CHECKPOINTS, _QUICK_CYCLES = 6, 3
_TEXTS = 48
_WITHIN = 1.05


@dataclass(slots=True)
class Churned:
    """What was seen: MiB after every request and after every cycle, replicas in memory at most, failures."""

    requests: list[float] = field(default_factory=list)
    cycles: list[float] = field(default_factory=list)
    loads: list[int] = field(default_factory=list)
    most: int = 0
    failures: list[str] = field(default_factory=list)


def main() -> None:
    arguments = parser("churn", __doc__)
    arguments.add_argument("--checkpoint", default="embedded/en-pt", help="what is copied (%(default)s)")
    arguments.add_argument("--source", default="en", help="language of the sentences (%(default)s)")
    arguments.add_argument("--target", default="pt", help="language to translate to (%(default)s)")
    arguments.add_argument("--checkpoints", type=int, default=20, metavar="N", help="taking turns (%(default)s)")
    arguments.add_argument(
        "--resident", type=int, default=3, metavar="N", help="the budget is for so many (%(default)s)"
    )
    arguments.add_argument("--cycles", type=int, default=10, metavar="N", help="turns of each (%(default)s)")
    arguments.add_argument("--budget", default="", metavar="BYTES", help='such as "150MB", instead of a measured one')
    chosen = arguments.parse_args()
    shared = common(chosen)
    if shared.quick:
        chosen.checkpoints, chosen.cycles = _QUICK_CHECKPOINTS, _QUICK_CYCLES
    with tempfile.TemporaryDirectory(prefix="babelpool-bench-") as scratch:
        references = copies(chosen.checkpoint, Path(scratch), chosen.checkpoints, distinct=True)
        budget = chosen.budget or _budget(shared, chosen)
        seen = _churn(shared, chosen, references, budget)
    _tell(shared, chosen, seen, budget)
    shared.report.save()


def _budget(shared: Common, chosen: argparse.Namespace) -> str:
    """Return room for the footprints of all but one of the residents, the load of the last, and half a footprint."""
    with babelpool('default_tier = "one"\n' + tier("one", [chosen.checkpoint]), shared.settings) as server:
        footprint = int(server.get("/stats")["memory_used_bytes"])
    peak = max(footprint, 2 * find(chosen.checkpoint).size_bytes)
    budget = int((chosen.resident - 0.5) * footprint) + peak
    shared.report.note(
        f"one replica takes {footprint / 1e6:.0f} MB, its load is expected to take {peak / 1e6:.0f} MB; "
        f"the budget for {chosen.resident} is {budget / 1e6:.0f} MB"
    )
    return str(budget)


def _churn(shared: Common, chosen: argparse.Namespace, references: list[str], budget: str) -> Churned:
    names = [f"tier-{number}" for number in range(len(references))]
    tiers = [tier(name, [path], {"preload": False}) for name, path in zip(names, references, strict=True)]
    settings = {"pool.memory_budget": budget, "pool.minimum_age": "0"} | shared.settings
    seen = Churned()
    with babelpool('default_tier = "tier-0"\n' + "".join(tiers), settings) as server:
        for _ in range(chosen.cycles):
            for number, name in enumerate(names):
                start = number * _TEXTS % len(shared.texts)
                request = {"text": shared.texts[start : start + _TEXTS], "model_type": name}
                _turn(server, request | {"source_language": chosen.source, "target_language": chosen.target}, seen)
            seen.cycles.append(server.rss())
            seen.loads.append(sum(replica["loads"] for replica in server.get("/stats")["replicas"]))
    return seen


def _turn(server: Server, request: dict[str, object], seen: Churned) -> None:
    try:
        server.post("/translate", request)
    except urllib.error.HTTPError as error:
        seen.failures.append(f"{request['model_type']}: {error.code} {error.read()[:200].decode(errors='replace')}")
    seen.requests.append(server.rss())
    seen.most = max(seen.most, int(server.get("/stats")["unique_models_loaded"]))


def _tell(shared: Common, chosen: argparse.Namespace, seen: Churned, budget: str) -> None:
    second = seen.cycles[min(1, len(seen.cycles) - 1)]
    shared.report.table(
        f"{chosen.checkpoints} checkpoints in turn, {int(budget) / 1e6:.0f} MB" if budget.isdecimal() else budget,
        ["cycle", "RSS MiB", "of the second", "loads so far"],
        [
            [number, rss, rss / second, loads]
            for number, (rss, loads) in enumerate(zip(seen.cycles, seen.loads, strict=True), start=1)
        ],
    )
    if seen.most != chosen.resident:
        shared.report.note(f"at most {seen.most} replicas were in memory, not {chosen.resident}: adjust --budget")
    for failure in seen.failures[:5]:
        shared.report.note(f"failed: {failure}")
    turns = [number / chosen.checkpoints for number in range(1, len(seen.requests) + 1)]
    shared.report.plot(
        f"Memory while {chosen.checkpoints} checkpoints take turns under a budget for {chosen.resident}",
        "cycles",
        "resident MiB",
        {"after each request": (turns, seen.requests)},
    )
    shared.report.targets(
        [
            Target(
                "RSS after the last cycle, of that after the second", seen.cycles[-1] / second, _WITHIN, at_most=True
            ),
            Target("failed requests", len(seen.failures), 0, at_most=True),
        ]
    )


if __name__ == "__main__":
    command(main)
