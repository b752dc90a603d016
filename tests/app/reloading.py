"""A server's parts on a held loop, so that tests choose what ends when: requests, reloads, loads, unloads, batches."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from app.composition import build_services, open_parts, resolve_tiers
from app.detection import Detection, Detector
from app.errors import ReloadFailed, RequestError
from app.reload import Reloader, ReloadReport
from app.services import Services
from app.settings import ConfigurationError, Settings
from app.telemetry.metrics import Metrics
from app.translate import Outcome
from model_pool.catalog.catalog import Catalog
from model_pool.engines.base import Engine, EngineLoader
from model_pool.engines.fake import FakeEngine, FakeLoader
from model_pool.errors import DeviceLost, PoolError
from model_pool.replica import Loaded, ReplicaSpec
from model_pool.residency.entry import Entry
from model_pool.residency.states import State
from model_pool.types import EncodedSegment, ReplicaKey
from tests.app.conftest import override
from tests.fakes.loop import HeldLoop
from tests.fakes.words import Words

FOOTPRINT, HUGE = 600, 1500
MOODS = ("well", "badly", "huge", "lost")
Tiers = dict[str, dict[str, Any]]


class NoDetector:
    languages: frozenset[str] = frozenset()

    def detect(self, text: str, served: Collection[str]) -> Detection:
        raise NotImplementedError


class WatchedReloader(Reloader):
    """Counts reloads, and looks before and after each whether it was whole or nothing."""

    begun = 0
    running = 0
    unloaded: set[ReplicaKey]
    """What an operator unloaded since the last reload began: that may be on its way out when traffic moves."""

    async def _reload(self) -> ReloadReport:
        assert self.running == 0, "two reloads at once"
        before, policies = self.services, self._keep_alives()
        self.running, self.begun = 1, self.begun + 1
        self.unloaded.clear()
        try:
            report = await super()._reload()
        except BaseException:
            assert self.services is before
            assert self._keep_alives() == policies
            raise
        finally:
            self.running = 0
        self._assert_new_ones_were_tried(before)
        return report

    def _keep_alives(self) -> dict[object, float | None]:
        """Return the keep-alives of what the configuration in force wants; pins are the operator's too."""
        wanted = self.services.tiers.unique
        return {entry.key: entry.policy.keep_alive for entry in entries_of(self.services) if entry.key in wanted}

    def _assert_new_ones_were_tried(self, before: Services) -> None:
        """In the very step that traffic moves, what is newly preloaded is there and has translated."""
        entries = {entry.key: entry for entry in entries_of(self.services)}
        for key in self.services.tiers.unique:
            new = self.services.tiers.is_preloaded(key) and not before.tiers.is_preloaded(key)
            if new and key not in self.unloaded:
                entry = entries[key]
                assert entry.state is State.READY or entry.policy.keep_alive == 0 or entry.failure is not None
                if entry.resource is not None and entry.state is State.READY:
                    assert entry.resource.batcher.counters.batches > 0


def entries_of(services: Services) -> list[Entry[Any]]:
    return list(services.pool._residency.entries)


@dataclass(eq=False)
class Visit:
    """One request, and the configuration that was in force when it began."""

    text: str
    services: Services
    tier: str
    task: asyncio.Task[list[Outcome]]
    cancelled: bool = False

    def check(self) -> None:
        """Once it has ended: its own text, from a checkpoint of its own configuration, or an error that has a name."""
        if self.task.cancelled():
            assert self.cancelled
            return
        error = self.task.exception()
        if error is not None:
            assert isinstance(error, PoolError | RequestError), repr(error)
            assert "after close" not in str(error)
            return
        (outcome,) = self.task.result()
        assert outcome.answer.text == self.text
        own = {spec.checkpoint.reference for spec in self.services.tiers[self.tier].specs}
        assert outcome.answer.model_used.partition("#")[0] in own


@dataclass
class Server:
    """Everything but HTTP. `mood`: how jobs end that are run from now on."""

    loop: HeldLoop
    home: Path
    base: Settings
    sections: dict[str, Any]
    mood: str = "well"
    on_disk: Settings | None = None
    visits: list[Visit] = field(default_factory=list)
    asked: list[tuple[int, asyncio.Task[ReloadReport]]] = field(default_factory=list)
    numbers: Any = field(default_factory=count)

    def start(self, tiers: Tiers) -> None:
        self.write(tiers)
        self.loop.run_until_complete(self._start())
        self.preloading = self.loop.begin(self.reloader.services.preload())

    async def _start(self) -> None:
        settings = self._read()
        loader = FakeLoader(hook=self._compute)
        table = resolve_tiers(settings, Catalog(settings.data_path), loader)
        detector: Detector = NoDetector()
        parts = open_parts(settings, table, loader, detector, Metrics())
        self.reloader = WatchedReloader(build_services(settings, table, parts), parts, self._read)
        self.reloader.unloaded = set()

    def write(self, tiers: Tiers | None) -> None:
        """Put a configuration on disk; None is one that cannot be read."""
        first = next(iter(tiers), "") if tiers else ""
        self.on_disk = None
        if tiers is not None:
            self.on_disk = override(self.base, self.sections | {"tiers": tiers, "default_tier": first}, self.home)

    def _read(self) -> Settings:
        if self.on_disk is None:
            raise ConfigurationError("not valid TOML")
        return self.on_disk

    def visit(self, tier: str) -> None:
        text, services = f"text number {next(self.numbers)}", self.reloader.services
        work = services.translator.translate([text], source="en", target="pt", tier=tier)
        self.visits.append(Visit(text, services, tier, self.loop.begin(work)))

    def ask_to_reload(self) -> None:
        begun = self.reloader.begun
        self.asked.append((begun, self.loop.begin(self.reloader.reload())))

    def check_reloads(self) -> None:
        """Whoever was told of a reload was told of one that began after they had asked."""
        for begun, task in [one for one in self.asked if one[1].done()]:
            self.asked.remove((begun, task))
            if task.cancelled():
                continue
            with suppress(ReloadFailed):
                task.result()
            assert self.reloader.begun > begun

    # ---- what stands in for threads ---------------------------------------------------------------------

    def load(self, spec: ReplicaSpec, loader: EngineLoader) -> Loaded:
        if self.mood == "badly":
            raise OSError("disk on fire")
        key, threads = spec.key, spec.plan.setting.threads
        engine = loader.load(spec.checkpoint, device=key.device, compute_type=key.compute_type, threads=threads)
        return Loaded(engine, Words(), HUGE if self.mood == "huge" else FOOTPRINT)

    def free(self, engine: Engine, device: str) -> tuple[int, int]:
        assert isinstance(engine, FakeEngine)
        assert not engine.closed, "freed twice"
        engine.close()
        return 0, 0

    def _compute(self, _: Sequence[EncodedSegment]) -> None:
        if self.mood == "badly":
            raise RuntimeError("poison")
        if self.mood == "lost":
            raise DeviceLost("illegal memory access")

    # ---- the end ----------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Let every job end well, and time pass, until nothing is left to happen."""
        self.mood = "well"
        for _ in range(60):
            self.loop.settle()
            while self.loop.jobs:
                self.loop.jobs.pop(0).run()
                self.loop.settle()
            self.loop.clock += 40
