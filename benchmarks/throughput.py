"""Requests of one sentence each over HTTP, against raw CTranslate2 on the same sentences.

Raw `translate_batch` is measured before and after the server, with the best of a few settings and the sentences
tokenized beforehand: the limit that no server can pass. The same checkpoint, threads, beam and vocabulary map on both
sides; the server tokenizes, batches and speaks HTTP besides. Everything stays on loopback.

On a GPU (--device cuda) the server gets batches as large as those that raw CTranslate2 was fastest with.

example: python -m benchmarks.throughput --seconds 8
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from benchmarks import cards
from benchmarks.load import Load, Result, native_bodies
from benchmarks.options import Common, command, common, parser, tier
from benchmarks.raw import Raw, Setting, Work, best_of, measure
from benchmarks.report import Report, Target
from benchmarks.servers import Server, babelpool

CONNECTIONS = (1, 4, 16, 64, 256)
_QUICK_CONNECTIONS = (1, 64)
_WARM_TEXTS = 200
_RSS_GOAL = 180.0


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run came to. raw, best: sentences/s and requests/s; connections: of the best; single_ms: p50 at one."""

    raw: float
    best: float
    connections: int
    single_ms: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """One number of connections. cores: that the server kept busy; batch: segments in a batch, on average."""

    result: Result
    cores: float
    batch: float


def main() -> None:
    arguments = parser("throughput", __doc__, seconds=8)
    arguments.add_argument("--checkpoint", default="embedded/en-pt", help="checkpoint to measure (%(default)s)")
    arguments.add_argument("--source", default="en", help="language of the sentences (%(default)s)")
    arguments.add_argument("--target", default="pt", help="language to translate to (%(default)s)")
    arguments.add_argument("--beam", type=int, default=1, help="beam size on both sides (%(default)s)")
    arguments.add_argument("--device", default="cpu", help="cpu, cuda or cuda:1, on both sides (%(default)s)")
    arguments.add_argument("--compute-type", default="auto", help="such as float16, on both sides (%(default)s)")
    arguments.add_argument(
        "--reverse",
        default="embedded/pt-en",
        help='checkpoint that is loaded beside it, so that memory is that of both; "" for none (%(default)s)',
    )
    chosen = arguments.parse_args()
    cards.require(chosen.device, chosen.compute_type)
    shared = common(chosen)
    where = {"device": chosen.device, "compute_type": chosen.compute_type}
    work = Work(chosen.checkpoint, chosen.source, chosen.target, shared.texts, chosen.beam, **where)
    run(shared, work, chosen.reverse)
    shared.report.save()


def run(shared: Common, work: Work, reverse: str) -> Summary:
    """Measure raw, the server, and raw again; print and plot."""
    setting, sweep = best_of(work, seconds=min(shared.seconds, 4), quick=shared.quick)
    before = measure(work, [setting], seconds=shared.seconds)
    options = {"beam_size": work.beam_size, "device": work.device, "compute_type": work.compute_type}
    config = tier("bench", [work.reference, reverse] if reverse else [work.reference], options)
    settings = shared.settings if work.device == "cpu" else cards.batching(setting) | shared.settings
    with babelpool('default_tier = "bench"\n' + config, settings) as server:
        memory = {"ready": server.rss()}
        results = _loads(server, shared, work)
        memory[f"after {work.source}-{work.target} load"] = server.rss()
        if reverse:
            _warm_reverse(server, work)
            memory["both checkpoints warm"] = server.rss()
    after = measure(work, [setting], seconds=shared.seconds)
    _tell(shared.report, results, sweep, (setting, before, after))
    shared.report.table(
        "Resident memory of the server", ["when", "MiB"], [[when, mebibytes] for when, mebibytes in memory.items()]
    )
    _targets(shared.report, results, before, after, list(memory.values())[-1] if work.device == "cpu" else None)
    return _summary(results, _limit(before, after))


def _summary(results: dict[int, Loaded], raw: float) -> Summary:
    connections = max(results, key=lambda number: results[number].result.rate)
    return Summary(raw, results[connections].result.rate, connections, results[1].result.percentile(50))


def _loads(server: Server, shared: Common, work: Work) -> dict[int, Loaded]:
    load = Load(server.port, "/translate", native_bodies(work.texts, work.source, work.target))
    results = {}
    for connections in _QUICK_CONNECTIONS if shared.quick else CONNECTIONS:
        before, started = _counters(server), time.monotonic()
        result = load.run(connections, shared.seconds)
        elapsed = time.monotonic() - started
        cpu, batches, segments = (after - one for after, one in zip(_counters(server), before, strict=True))
        results[connections] = Loaded(result, cpu / elapsed, segments / max(1, batches))
    shared.report.cached(sum(loaded.result.cached for loaded in results.values()))
    return results


def _counters(server: Server) -> tuple[float, int, int]:
    """Return CPU seconds, batches and segments of the server up to now."""
    replicas = server.get("/stats")["replicas"]
    batches, segments = (sum(replica[name] for replica in replicas) for name in ("batches", "segments"))
    return server.cpu_seconds(), batches, segments


def _warm_reverse(server: Server, work: Work) -> None:
    texts = list(work.texts[:_WARM_TEXTS])
    forth = {"text": texts, "source_language": work.source, "target_language": work.target}
    translated = server.post("/translate", forth)["translated_text"]
    Load(server.port, "/translate", native_bodies(translated, work.target, work.source)).run(64, 2)


def _tell(
    report: Report,
    results: dict[int, Loaded],
    sweep: list[tuple[Setting, float]],
    raw: tuple[Setting, Raw, Raw],
) -> None:
    setting, before, after = raw
    limit = _limit(before, after)
    report.table("Raw settings tried", ["setting", "sentences/s"], [[str(one), rate] for one, rate in sweep])
    report.note(
        f"raw, {setting}: {before.rates[0]:.0f} sentences/s before and {after.rates[0]:.0f} after the server, "
        f"one at a time {before.single_ms:.1f} and {after.single_ms:.1f} ms; RSS {before.rss:.0f} MiB (one checkpoint)"
    )
    report.table(
        "Throughput over HTTP, one sentence a request",
        [
            "connections",
            "requests/s",
            "of raw",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "server cores",
            "client cores",
            "batch",
            "errors",
        ],
        [
            [
                connections,
                loaded.result.rate,
                loaded.result.rate / limit,
                *(loaded.result.percentile(percent) for percent in (50, 95, 99)),
                loaded.cores,
                loaded.result.cpu_share,
                loaded.batch,
                sum(loaded.result.errors.values()),
            ]
            for connections, loaded in results.items()
        ],
    )
    xs = list(results)
    rates = [loaded.result.rate for loaded in results.values()]
    report.plot(
        "Throughput against raw CTranslate2",
        "connections",
        "sentences/s",
        {"Babelpool over HTTP": (xs, rates), "raw translate_batch": (xs, [limit] * len(xs))},
        logarithmic=True,
    )


def _targets(report: Report, results: dict[int, Loaded], before: Raw, after: Raw, rss: float | None) -> None:
    """Print the targets; the one of memory is the CPU's, for CUDA's libraries take hundreds of megabytes."""
    excess = results[1].result.percentile(50) - statistics.mean((before.single_ms, after.single_ms))
    targets = [
        Target("of raw at 64 connections", results[64].result.rate / _limit(before, after), 0.95),
        Target("p50 at 1 connection over a raw single call, ms", excess, 2, at_most=True),
    ]
    if rss is not None:
        targets.append(Target("RSS with both checkpoints warm, MiB", rss, _RSS_GOAL, at_most=True))
    report.targets(targets)


def _limit(before: Raw, after: Raw) -> float:
    return statistics.mean((before.rates[0], after.rates[0]))


if __name__ == "__main__":
    command(main)
