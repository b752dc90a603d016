"""What the text pipeline costs a segment: whole translations against the bare pool, on the same sentences.

Both in this process, in turns, by CPU time: `Translator.translate` (reading, cutting, marks, checks, writing) and
`ModelPool.translate` (tokens, batches, engine) with the same sentences as segments.

example: python -m benchmarks.pipeline --seconds 20
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.composition import build_services, make_loader, open_parts, resolve_tiers
from app.detection import FastTextDetector
from app.services import Services
from app.settings import load_settings
from app.telemetry.metrics import Metrics
from benchmarks.options import command, common, parser
from benchmarks.report import Report, Target
from model_pool.catalog.catalog import Catalog

_GOAL = 0.05
_TEXTS = 200
_MARKED = "{} Ask <b>{{name}}</b> at https://example.org/{}."


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of CPU a text, medians of interleaved rounds."""

    whole: float
    bare: float


def main() -> None:
    arguments = parser("pipeline", __doc__, seconds=20)
    shared = common(arguments.parse_args())
    asyncio.run(run(list(shared.texts[:_TEXTS]), shared.seconds, shared.report))
    shared.report.save()


async def run(texts: list[str], seconds: float, report: Report) -> None:
    """Measure plain sentences and marked ones; print."""
    settings = load_settings()
    catalog, loader = Catalog(settings.data_path), make_loader()
    tiers = resolve_tiers(settings, catalog, loader)
    parts = open_parts(settings, tiers, loader, FastTextDetector(), Metrics(), ())
    services = build_services(settings, tiers, parts)
    marked = [_MARKED.format(text, number) for number, text in enumerate(texts)]
    costs = {
        "plain sentences": await compare(services, texts, seconds / 2),
        "two sentences, with a tag, a variable and a URL": await compare(services, marked, seconds / 2),
    }
    report.table(
        "CPU of the text pipeline",
        ["texts", "whole, ms each", "bare, ms each", "pipeline, % of the whole"],
        [[name, cost.whole, cost.bare, 100 * (1 - cost.bare / cost.whole)] for name, cost in costs.items()],
    )
    plain = costs["plain sentences"]
    report.targets([Target("share of the pipeline, plain text", 1 - plain.bare / plain.whole, _GOAL, at_most=True)])
    await services.close()


async def compare(services: Services, texts: list[str], seconds: float) -> Cost:
    """Translate all texts in turns with and without the pipeline."""
    tier = services.tiers[services.tiers.default]
    spec = tier.route("en", "pt").legs[0].spec

    async def whole() -> None:
        await services.translator.translate(texts, source="en", target="pt")

    async def bare() -> None:
        async with services.pool.lease(spec) as lease:
            await services.pool.translate(lease, texts, source="en", target="pt", options=tier.options, cached=False)

    for one in (whole, bare):
        await one()
    rounds: list[tuple[float, float]] = []
    ends = time.monotonic() + seconds
    while len(rounds) < 3 or time.monotonic() < ends:
        if services.pool.cache is not None:
            services.pool.cache.clear()
        rounds.append((await _cpu(whole), await _cpu(bare)))
    return Cost(*(1000 * statistics.median(column) / len(texts) for column in zip(*rounds, strict=True)))


async def _cpu(work: Callable[[], Awaitable[None]]) -> float:
    started = time.process_time()
    await work()
    return time.process_time() - started


if __name__ == "__main__":
    command(main)
