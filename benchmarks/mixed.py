"""Latency of interactive one-liners while one bulk request is being translated.

One-liners come at a fixed rate, whatever the server does, first to an idle server and then while a bulk request of
10,000 segments runs; those due after its end do not count. The time of a batch is that of /stats meanwhile.

example: python -m benchmarks.mixed --seconds 15 --rate 10
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks import sentences
from benchmarks.load import Load, Result, native_bodies
from benchmarks.options import Common, command, common, parser, tier
from benchmarks.report import Target
from benchmarks.servers import Server, babelpool

_CONNECTIONS = 32
_HEAD_START = 0.5
_QUICK_SEGMENTS = 1500
_BULK_TIMEOUT = 1800


@dataclass(frozen=True, slots=True)
class Mixed:
    """bulk_end: on the monotonic clock; batch_ms: mean time of a batch in the engine while the bulk request ran."""

    idle: Result
    loaded: Result
    bulk_end: float
    bulk_seconds: float
    batch_ms: float


def main() -> None:
    arguments = parser("mixed", __doc__, seconds=15)
    arguments.add_argument("--checkpoint", default="embedded/en-pt", help="checkpoint to use (%(default)s)")
    arguments.add_argument("--source", default="en", help="language of the sentences (%(default)s)")
    arguments.add_argument("--target", default="pt", help="language to translate to (%(default)s)")
    arguments.add_argument("--rate", type=float, default=10, help="one-liners a second (%(default)s)")
    arguments.add_argument("--segments", type=int, default=10_000, help="of the bulk request (%(default)s)")
    chosen = arguments.parse_args()
    shared = common(chosen)
    if shared.quick:
        chosen.segments = _QUICK_SEGMENTS
    _tell(shared, _measure(shared, chosen), chosen)
    shared.report.save()


def _measure(shared: Common, chosen: argparse.Namespace) -> Mixed:
    bulk = _bulk_texts(shared.texts, chosen)
    limits = {"limits.max_characters": str(sum(map(len, bulk))), "limits.max_texts": str(len(bulk))}
    config = 'default_tier = "bench"\n' + tier("bench", [chosen.checkpoint])
    with babelpool(config, limits | shared.settings) as server, ThreadPoolExecutor(1) as thread:
        load = Load(server.port, "/translate", native_bodies(shared.texts, chosen.source, chosen.target))
        idle = load.run(_CONNECTIONS, shared.seconds, rate=chosen.rate)
        busy, batches = _engine(server)
        started = time.monotonic()
        request = {"text": bulk, "source_language": chosen.source, "target_language": chosen.target}
        running = thread.submit(_post, server, request)
        time.sleep(_HEAD_START)
        loaded = load.run(_CONNECTIONS, shared.seconds, rate=chosen.rate)
        ended = running.result()
        busy_after, batches_after = _engine(server)
    batch_ms = 1000 * (busy_after - busy) / max(1, batches_after - batches)
    return Mixed(idle, loaded, ended, ended - started, batch_ms)


def _bulk_texts(texts: list[str], chosen: argparse.Namespace) -> list[str]:
    """Return the segments of the bulk request; none of them is a one-liner too, unless they come from a file."""
    if chosen.sentences:
        lines = sentences.read(chosen.sentences, chosen.segments)
        return [lines[number % len(lines)] for number in range(chosen.segments)]
    interactive = set(texts)
    more = sentences.generated(chosen.segments + len(texts))
    return [text for text in more if text not in interactive][: chosen.segments]


def _post(server: Server, request: object) -> float:
    """Send the bulk request and return when its answer came."""
    server.post("/translate", request, timeout=_BULK_TIMEOUT)
    return time.monotonic()


def _engine(server: Server) -> tuple[float, int]:
    replica = server.get("/stats")["replicas"][0]
    return float(replica["busy_seconds"]), int(replica["batches"])


def _tell(shared: Common, mixed: Mixed, chosen: argparse.Namespace) -> None:
    report = shared.report
    if mixed.bulk_end < mixed.loaded.end:
        missing = mixed.loaded.end - mixed.bulk_end
        report.note(f"the bulk request ended {missing:.1f} s before the one-liners did: use more --segments")
    report.note(
        f"bulk: {chosen.segments} segments in {mixed.bulk_seconds:.1f} s; "
        f"one batch takes {mixed.batch_ms:.1f} ms in the engine, several at the same time"
    )
    rows: list[list[str | int | float]] = [
        ["idle", len(mixed.idle.latencies()), *(mixed.idle.percentile(percent) for percent in (50, 95, 99))],
        [
            "during the bulk request",
            len(mixed.loaded.latencies(until=mixed.bulk_end)),
            *(mixed.loaded.percentile(percent, until=mixed.bulk_end) for percent in (50, 95, 99)),
        ],
    ]
    report.table(f"One-liners, {chosen.rate:g} a second", ["server", "answers", "p50 ms", "p95 ms", "p99 ms"], rows)
    report.plot(
        "Latency of one-liners",
        "seconds",
        "ms",
        {name: _curve(result) for name, result in (("idle", mixed.idle), ("during the bulk request", mixed.loaded))},
    )
    goal = 2 * mixed.idle.percentile(95) + mixed.batch_ms
    failed = sum(mixed.idle.errors.values()) + sum(mixed.loaded.errors.values())
    report.targets(
        [
            Target("p95 during the bulk request, ms", float(rows[1][3]), goal, at_most=True),
            Target("failed one-liners", failed, 0, at_most=True),
        ]
    )


def _curve(result: Result) -> tuple[list[float], list[float]]:
    samples = sorted(sample for sample in result.samples if sample[0] >= result.begin)
    return [start - result.begin for start, _ in samples], [1000 * latency for _, latency in samples]


if __name__ == "__main__":
    command(main)
