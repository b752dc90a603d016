"""What the text pipeline costs: everything of a translation but its tokens and the engine, against those.

Both in this process, in turns, by CPU time: `Translator.translate` over a pool that answers from memory (reading,
cutting, marks, checks, writing), and `ModelPool.translate` (tokens, batches, engine) with the same sentences.

example: python -m benchmarks.pipeline --seconds 20
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from app.composition import build_services, make_loader, open_parts, resolve_tiers
from app.detection import FastTextDetector
from app.services import Services
from app.settings import load_settings
from app.telemetry.metrics import Metrics
from app.translate import Translator
from benchmarks.options import command, common, parser
from benchmarks.report import Report, Target
from model_pool.catalog.catalog import Catalog
from model_pool.pool import Leasing, ModelPool, ReplicaLease
from model_pool.replica import ReplicaSpec
from model_pool.types import DecodeOptions, Translation

_GOAL = 0.05
_TEXTS = 200
_MARKED = "{} Ask <b>{{name}}</b> at https://example.org/{}."


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of CPU a text, medians of interleaved rounds."""

    pipeline: float
    bare: float

    @property
    def share(self) -> float:
        """The pipeline's part of both."""
        return self.pipeline / (self.pipeline + self.bare)


class Replay:
    """A pool that answers what it has answered before without its engine, so that all other work can be timed."""

    def __init__(self, pool: ModelPool) -> None:
        self._pool = pool
        self._made: dict[tuple[str, DecodeOptions], Translation] = {}

    def lease(self, spec: ReplicaSpec) -> Leasing:
        """See `ModelPool.lease`."""
        return self._pool.lease(spec)

    async def translate(
        self,
        lease: ReplicaLease,
        texts: Sequence[str],
        *,
        options: DecodeOptions,
        **others: Any,  # noqa: ANN401
    ) -> list[Translation]:
        """See `ModelPool.translate`."""
        new = [text for text in texts if (text, options) not in self._made]
        if new:
            made = await self._pool.translate(lease, new, options=options, **others)
            self._made |= {(text, options): one for text, one in zip(new, made, strict=True)}
        return [self._made[text, options] for text in texts]


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
        ["texts", "pipeline, ms each", "tokens and engine, ms each", "pipeline, % of both"],
        [[name, cost.pipeline, cost.bare, 100 * cost.share] for name, cost in costs.items()],
    )
    plain = costs["plain sentences"]
    report.targets([Target("share of the pipeline, plain text", plain.share, _GOAL, at_most=True)])
    await services.close()


async def compare(services: Services, texts: list[str], seconds: float) -> Cost:
    """Translate all texts in turns: all but the engine's part, and the engine's part alone."""
    tier = services.tiers[services.tiers.default]
    spec = tier.route("en", "pt").legs[0].spec
    translator = Translator(
        cast("ModelPool", Replay(services.pool)), services.tiers, FastTextDetector(), lambda _: None
    )

    async def pipeline() -> None:
        for text in texts:
            await translator.translate([text], source="en", target="pt")

    async def bare() -> None:
        async with services.pool.lease(spec) as lease:
            await services.pool.translate(lease, texts, source="en", target="pt", options=tier.options, cached=False)

    for one in (pipeline, bare):
        await one()
    rounds: list[tuple[float, float]] = []
    ends = time.monotonic() + seconds
    while len(rounds) < 3 or time.monotonic() < ends:
        rounds.append((await _cpu(pipeline), await _cpu(bare)))
    return Cost(*(1000 * statistics.median(column) / len(texts) for column in zip(*rounds, strict=True)))


async def _cpu(work: Callable[[], Awaitable[None]]) -> float:
    started = time.process_time()
    await work()
    return time.process_time() - started


if __name__ == "__main__":
    command(main)
