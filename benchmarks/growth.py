"""What one segment costs as requests grow from 1 to 1,000 segments, and as connections grow from 1 to 256.

The cost is wall time over segments: of one request at a time for the first curve, of all connections together for the
second. Flat or falling is right; rising would mean that something is done once per request and not per segment.

example: python -m benchmarks.growth --seconds 8
"""

from __future__ import annotations

import argparse
import itertools
import statistics
from collections.abc import Iterator

from benchmarks.load import Load, Result, native_bodies
from benchmarks.options import Common, command, common, parser, tier
from benchmarks.report import Target
from benchmarks.servers import Server, babelpool

SEGMENTS = (1, 3, 10, 32, 100, 316, 1000)
CONNECTIONS = (1, 4, 16, 64, 256)
_QUICK = (1, 16)
_RISE = 1.1
_Costs = dict[int, tuple[float, Result]]


def main() -> None:
    arguments = parser("growth", __doc__, seconds=8)
    arguments.set_defaults(count=4000)
    arguments.add_argument("--checkpoint", default="embedded/en-pt", help="checkpoint to use (%(default)s)")
    arguments.add_argument("--source", default="en", help="language of the sentences (%(default)s)")
    arguments.add_argument("--target", default="pt", help="language to translate to (%(default)s)")
    chosen = arguments.parse_args()
    shared = common(chosen)
    with babelpool('default_tier = "bench"\n' + tier("bench", [chosen.checkpoint]), shared.settings) as server:
        by_segments = _by_segments(server, shared, chosen)
        by_connections = _by_connections(server, shared, chosen)
    shared.report.cached(sum(result.cached for _, result in [*by_segments.values(), *by_connections.values()]))
    _tell(shared, "segments a request", by_segments)
    _tell(shared, "connections", by_connections)
    shared.report.plot(
        "Cost of a segment",
        "segments a request, or connections",
        "ms a segment",
        {
            "segments a request, one connection": _curve(by_segments),
            "connections, one segment a request": _curve(by_connections),
        },
        logarithmic=True,
    )
    shared.report.targets([_target("segments a request", by_segments), _target("connections", by_connections)])
    shared.report.save()


def _by_segments(server: Server, shared: Common, chosen: argparse.Namespace) -> _Costs:
    costs = {}
    for segments in _QUICK if shared.quick else SEGMENTS:
        texts = itertools.islice(itertools.cycle(shared.texts), max(segments, len(shared.texts)))
        bodies = native_bodies(list(_lists(list(texts), segments)), chosen.source, chosen.target)
        load = Load(server.port, "/translate", bodies)
        result = load.run(1, shared.seconds)
        costs[segments] = (statistics.fmean(result.latencies()) / segments, result)
    return costs


def _lists(texts: list[str], length: int) -> Iterator[list[str]]:
    """Yield lists of exactly so many texts; what is left over at the end is not used."""
    for start in range(0, len(texts) - length + 1, length):
        yield texts[start : start + length]


def _by_connections(server: Server, shared: Common, chosen: argparse.Namespace) -> _Costs:
    load = Load(server.port, "/translate", native_bodies(shared.texts, chosen.source, chosen.target))
    costs = {}
    for connections in _QUICK if shared.quick else CONNECTIONS:
        result = load.run(connections, shared.seconds)
        costs[connections] = (1000 / result.rate, result)
    return costs


def _tell(shared: Common, what: str, costs: _Costs) -> None:
    shared.report.table(
        f"Cost of a segment by {what}",
        [what, "ms a segment", "p50 ms", "p95 ms", "errors"],
        [
            [number, cost, result.percentile(50), result.percentile(95), sum(result.errors.values())]
            for number, (cost, result) in costs.items()
        ],
    )


def _target(what: str, costs: _Costs) -> Target:
    """Return how much dearer a segment ever is than at any smaller number."""
    values = [cost for cost, _ in costs.values()]
    rise = max(value / min(values[: number + 1]) for number, value in enumerate(values))
    return Target(f"greatest rise of the cost by {what}", rise, _RISE, at_most=True)


def _curve(costs: _Costs) -> tuple[list[int], list[float]]:
    return list(costs), [cost for cost, _ in costs.values()]


if __name__ == "__main__":
    command(main)
