"""Memory and loading time of 1, 2, 3 and 10 tiers: over one checkpoint, over its copies, over different checkpoints.

Copies under other names have the same content and therefore share one replica. Checkpoints that differ in content
cannot share; they show what the sharing saves. Ratios are of the memory with everything loaded; after work it varies by
a few per cent from run to run, whatever is shared, with what the allocator keeps of the buffers of batches.

example: python -m benchmarks.sharing
"""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.checkpoints import copies
from benchmarks.options import Common, command, common, parser, tier
from benchmarks.report import Target
from benchmarks.servers import babelpool

TIERS = (1, 2, 3, 10)
_QUICK_TIERS = (1, 3)
_POSTS = 30
_TEXTS_IN_A_POST = 50
_WITHIN = 1.02
_SHARED = ("one checkpoint", "copies under other names")
_DIFFERENT = "different checkpoints"


@dataclass(frozen=True, slots=True)
class Measured:
    """One server. Seconds and MiB; loads: of all its replicas, `start` to its readiness."""

    replicas: int
    start: float
    loads: float
    ready: float
    warm: float


def main() -> None:
    arguments = parser("sharing", __doc__)
    arguments.add_argument("--checkpoint", default="embedded/en-pt", help="what is shared and copied (%(default)s)")
    arguments.add_argument("--source", default="en", help="language of the sentences (%(default)s)")
    arguments.add_argument("--target", default="pt", help="language to translate to (%(default)s)")
    arguments.add_argument("--repeats", type=int, default=3, help="servers of each kind, for medians (%(default)s)")
    chosen = arguments.parse_args()
    shared = common(chosen)
    repeats = 1 if shared.quick else chosen.repeats
    with tempfile.TemporaryDirectory(prefix="babelpool-bench-") as scratch:
        most = max(TIERS)
        references = {
            _SHARED[0]: [chosen.checkpoint] * most,
            _SHARED[1]: copies(chosen.checkpoint, Path(scratch), most, distinct=False),
            _DIFFERENT: copies(chosen.checkpoint, Path(scratch), most, distinct=True),
        }
        pair = (chosen.source, chosen.target)
        results = {
            (kind, count): _median([_measure(shared, names[:count], pair) for _ in range(repeats)])
            for kind, names in references.items()
            for count in (_QUICK_TIERS if shared.quick else TIERS)
        }
    _tell(shared, results)
    shared.report.save()


def _measure(shared: Common, references: list[str], pair: tuple[str, str]) -> Measured:
    names = [f"tier-{number}" for number in range(len(references))]
    tiers = [tier(name, [reference]) for name, reference in zip(names, references, strict=True)]
    with babelpool('default_tier = "tier-0"\n' + "".join(tiers), shared.settings) as server:
        ready = server.rss()
        for number in range(_POSTS):
            start = number * _TEXTS_IN_A_POST % len(shared.texts)
            request = {"text": shared.texts[start : start + _TEXTS_IN_A_POST], "model_type": names[number % len(names)]}
            server.post("/translate", request | {"source_language": pair[0], "target_language": pair[1]})
        stats = server.get("/stats")
        loads = sum(replica["load_seconds"] for replica in stats["replicas"])
        return Measured(stats["unique_models_loaded"], server.start_seconds, loads, ready, server.rss())


def _median(runs: list[Measured]) -> Measured:
    return Measured(
        runs[0].replicas,
        *(statistics.median(getattr(run, name) for run in runs) for name in ("start", "loads", "ready", "warm")),
    )


def _tell(shared: Common, results: dict[tuple[str, int], Measured]) -> None:
    one = results[_SHARED[0], 1]
    shared.report.table(
        "Tiers and what they cost",
        ["tiers over", "tiers", "replicas", "start s", "loads s", "MiB ready", "MiB warm", "of one tier"],
        [
            [kind, count, run.replicas, run.start, run.loads, run.ready, run.warm, run.ready / one.ready]
            for (kind, count), run in results.items()
        ],
    )
    kinds = dict.fromkeys(kind for kind, _ in results)
    shared.report.plot(
        "Memory by number of tiers",
        "tiers",
        "resident MiB, everything loaded",
        {
            kind: (
                [count for of, count in results if of == kind],
                [run.ready for (of, _), run in results.items() if of == kind],
            )
            for kind in kinds
        },
    )
    shared.report.targets(
        [
            Target(f"memory of {count} tiers over {kind}, of one tier's", run.ready / one.ready, _WITHIN, at_most=True)
            for (kind, count), run in results.items()
            if kind in _SHARED and count > 1
        ]
    )


if __name__ == "__main__":
    command(main)
