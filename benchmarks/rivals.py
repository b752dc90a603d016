"""The same requests to Babelpool, LibreTranslate, a plain transformers pipeline and, where given, quickmt.

Each server runs alone on loopback, with its defaults and tuned for this machine; ratios are to its fastest way.
Rivals live in virtual environments of their own under --workdir. Nothing is downloaded without --setup (2.5 GB).

example: python -m benchmarks.rivals --workdir ~/rivals --setup     once
         python -m benchmarks.rivals --workdir ~/rivals --seconds 8
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Load, native_bodies
from benchmarks.options import Common, command, common, parser, tier
from benchmarks.raw import Work
from benchmarks.report import Cell, Target
from benchmarks.rival_servers.libretranslate_rival import LibreTranslate
from benchmarks.rival_servers.quickmt_rival import Quickmt
from benchmarks.rival_servers.rival import NotSetUp, Rival, Variant
from benchmarks.rival_servers.transformers_rival import TransformersPipeline
from benchmarks.servers import Server, babelpool, free_port, running

_START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Measured:
    """One server under load; milliseconds and MiB."""

    server: str
    way: str
    rate: float
    p50: float
    p95: float
    rss: float
    errors: int


def main() -> None:
    arguments = parser("rivals", __doc__, seconds=8)
    arguments.add_argument("--workdir", type=Path, required=True, metavar="DIR", help="where the rivals are installed")
    arguments.add_argument("--setup", action="store_true", help="download and install them there, and do no more")
    arguments.add_argument("--quickmt", type=Path, metavar="DIR", help="a clone of quickmt's repository, to run it too")
    arguments.add_argument("--only", metavar="NAME", help="leave out rivals whose name does not contain this")
    arguments.add_argument("--connections", type=int, default=64, help="at the same time (%(default)s)")
    arguments.add_argument("--beam", type=int, default=1, help="beam size of Babelpool and tuned rivals (%(default)s)")
    chosen = arguments.parse_args()
    rivals = _chosen_rivals(chosen)
    if chosen.setup:
        for rival in rivals:
            print(f"installing {rival.name}")
            rival.setup()
        return
    shared = common(chosen)
    work = Work("embedded/en-pt", "en", "pt", shared.texts, chosen.beam)
    results = [_ours(shared, work, chosen.connections)]
    for rival in rivals:
        results += _theirs(rival, shared, work, chosen.connections)
    _tell(shared, results, chosen.connections)
    shared.report.save()


def _chosen_rivals(chosen: argparse.Namespace) -> list[Rival]:
    workdir = chosen.workdir.resolve()
    rivals: list[Rival] = [LibreTranslate(workdir), TransformersPipeline(workdir)]
    if chosen.quickmt:
        rivals.append(Quickmt(workdir, chosen.quickmt))
    return [rival for rival in rivals if (chosen.only or "").lower() in rival.name.lower()]


def _ours(shared: Common, work: Work, connections: int) -> Measured:
    config = 'default_tier = "bench"\n' + tier("bench", [work.reference], {"beam_size": work.beam_size})
    with babelpool(config, shared.settings) as server:
        load = Load(server.port, "/translate", native_bodies(work.texts, work.source, work.target))
        return _under_load("Babelpool", "defaults", server, load, shared.seconds, connections)


def _theirs(rival: Rival, shared: Common, work: Work, connections: int) -> list[Measured]:
    """Return its results, one for each way to start it; what does not start is said and left out."""
    measured = []
    try:
        ways = rival.variants(work, 0)
    except NotSetUp as error:
        shared.report.note(f"{rival.name} is left out: {error}")
        return []
    shared.report.note(f"{rival.name}: {rival.note}")
    for way in ways:
        port = free_port()
        variant = next(one for one in rival.variants(work, port) if one.label == way.label)
        try:
            measured.append(_one_way(rival, variant, port, shared, work, connections))
        except RuntimeError as error:
            shared.report.note(f"{rival.name}, {way.label}, is left out: {error}")
    return measured


def _one_way(rival: Rival, variant: Variant, port: int, shared: Common, work: Work, connections: int) -> Measured:
    def first(server: Server) -> None:
        server.post(variant.path, json.loads(variant.body(work.texts[0])))

    with running(variant.command, port, first, env=variant.env, cwd=variant.cwd, timeout=_START_SECONDS) as server:
        load = Load(port, variant.path, [variant.body(text) for text in work.texts])
        return _under_load(rival.name, variant.label, server, load, shared.seconds, connections)


def _under_load(name: str, way: str, server: Server, load: Load, seconds: float, connections: int) -> Measured:
    print(f"measuring {name}, {way}", flush=True)
    result = load.run(connections, seconds, warmup=2)
    percentiles = (result.percentile(50), result.percentile(95))
    return Measured(name, way, result.rate, *percentiles, server.rss(), sum(result.errors.values()))


def _tell(shared: Common, results: list[Measured], connections: int) -> None:
    ours, *theirs = results
    rows: list[list[Cell]] = [
        [one.server, one.way, one.rate, _times(ours, one), one.p50, one.p95, one.rss, one.errors] for one in results
    ]
    shared.report.table(
        f"One sentence a request, {connections} connections",
        ["server", "run with", "sentences/s", "Babelpool is faster by", "p50 ms", "p95 ms", "RSS MiB", "errors"],
        rows,
    )
    best = {one.server: one for one in sorted(theirs, key=lambda one: one.rate)}
    shared.report.bars("Sentences per second", {one.server: one.rate for one in [ours, *best.values()]})
    targets = []
    if libre := best.get(LibreTranslate.name):
        targets += [
            Target("throughput over LibreTranslate's best", _times(ours, libre), 8),
            Target("p95 of LibreTranslate's", ours.p95 / libre.p95, 0.1, at_most=True),
            Target("RSS of LibreTranslate's", ours.rss / libre.rss, 1 / 3, at_most=True),
        ]
    if quickmt := best.get(Quickmt.name):
        targets.append(Target("throughput over quickmt's best", _times(ours, quickmt), 4))
    if targets:
        shared.report.targets(targets)


def _times(ours: Measured, theirs: Measured) -> float:
    """Return how many times faster we are."""
    return ours.rate / theirs.rate if theirs.rate else math.inf


if __name__ == "__main__":
    command(main)
