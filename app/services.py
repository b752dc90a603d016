"""What one running server is made of, and how its parts are put together from settings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from app.canary import Canary
from app.detection import Detector
from app.limits import Admission
from app.settings import ConfigurationError, Settings, TierSettings
from app.settings.models import Budget
from app.telemetry.counts import Counts
from app.telemetry.logs import LoadLog, logger
from app.telemetry.metrics import Metrics
from app.tiers import Tier, TierTable
from app.translate import Outcome, Translator
from model_pool.batching.forming import BatchLimits
from model_pool.catalog.catalog import Catalog
from model_pool.devices import total_memory
from model_pool.engines.base import EngineLoader
from model_pool.engines.ctranslate2 import CTranslate2Loader
from model_pool.errors import PoolError
from model_pool.pool import ModelPool
from model_pool.replica import ReplicaSpec, make_spec
from model_pool.residency.entry import Policy
from model_pool.residency.residency import Rules
from model_pool.runtime import PoolOptions
from model_pool.types import DecodeOptions

_AUTO_SHARE = 0.8
"""Of a device's memory, under memory_budget = "auto"; the rest is for the process itself and its work buffers."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that routes use. Lives as long as the event loop that serves."""

    settings: Settings
    tiers: TierTable
    pool: ModelPool
    translator: Translator
    metrics: Metrics
    counts: Counts
    canary: Canary
    admission: Admission

    async def preload(self) -> None:
        """Load and warm up what the preloaded tiers need. A failure is logged and shown by `/ready`; others load."""
        specs = {spec.key: spec for tier in self.tiers.values() if tier.preload for spec in tier.specs}
        results = await asyncio.gather(*map(self._load, specs.values()), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, PoolError):
                logger.error("preloading failed", exc_info=result)
        for reason in await self.canary.reasons():
            logger.error("not ready: %s", reason)

    async def _load(self, spec: ReplicaSpec) -> None:
        async with self.pool.lease(spec):
            pass

    async def close(self) -> None:
        """Unload everything, or give up after the shutdown deadline: the process is about to end anyway."""
        deadline = self.settings.server.shutdown_deadline
        try:
            await asyncio.wait_for(self.pool.close(), deadline)
        except TimeoutError:
            logger.warning("some replicas were still busy %g s after the shutdown began", deadline)


def make_loader(settings: Settings) -> EngineLoader:
    """Return the serving engine's loader with the configured threads."""
    engine = settings.engine
    return CTranslate2Loader(inter_threads=engine.inter_threads, intra_threads=engine.intra_threads)


def resolve_tiers(settings: Settings, catalog: Catalog, loader: EngineLoader) -> TierTable:
    """Find every checkpoint of the configuration. Raises ConfigurationError naming each key that cannot be served."""
    tiers, faults = [], []
    for name, tier in settings.tiers.items():
        specs = []
        for index, reference in enumerate(tier.checkpoints):
            try:
                specs.append(_spec(reference, tier, settings, catalog, loader))
            except PoolError as error:
                faults.append(f"  tiers.{name}.checkpoints[{index}]: {error}")
        tiers.append(_tier(name, tier, specs))
    if faults:
        raise ConfigurationError("Some tiers cannot be served:\n" + "\n".join(faults))
    return TierTable(tiers, default=settings.default_tier)


def build_services(
    settings: Settings, tiers: TierTable, loader: EngineLoader, detector: Detector, metrics: Metrics
) -> Services:
    """Put a server together. Call it inside the event loop that will serve."""
    counts = Counts()
    pool = ModelPool(
        [loader],
        _pool_options(settings, tiers),
        observers=[metrics, LoadLog(tiers)],
        cache_bytes=settings.cache.max_bytes,
    )
    metrics.watch(pool, tiers)
    for key in tiers.unique:
        pool.configure(key, tiers.policy_of(key))

    def count(outcomes: Sequence[Outcome]) -> None:
        counts.add(len(outcomes), sum(outcome.seconds for outcome in outcomes))
        metrics.count(outcomes)

    return Services(
        settings=settings,
        tiers=tiers,
        pool=pool,
        translator=Translator(pool, tiers, detector, on_done=count),
        metrics=metrics,
        counts=counts,
        canary=Canary(pool, tiers, max_age=settings.health.canary_max_age, timeout=settings.health.canary_timeout),
        admission=Admission(settings.limits),
    )


async def get_services(request: Request) -> Services:
    """Return the services of the server that a request came to; async, or each call would cost a thread hop."""
    return cast("Services", request.state.services)


Serving = Annotated[Services, Depends(get_services)]


def _spec(
    reference: str, tier: TierSettings, settings: Settings, catalog: Catalog, loader: EngineLoader
) -> ReplicaSpec:
    device = tier.device or settings.engine.device
    return make_spec(loader, catalog.resolve(reference), device=device, compute_type=tier.compute_type)


def _tier(name: str, settings: TierSettings, specs: Sequence[ReplicaSpec]) -> Tier:
    return Tier(
        name=name,
        description=settings.description,
        specs=tuple(specs),
        options=DecodeOptions(beam_size=settings.beam_size, length_penalty=settings.length_penalty),
        max_length=settings.max_length,
        preload=settings.preload,
        fallback=settings.fallback,
        policy=Policy(keep_alive=None if settings.keep_alive == "never" else settings.keep_alive, pinned=settings.pin),
    )


def _pool_options(settings: Settings, tiers: TierTable) -> PoolOptions:
    batching, pool = settings.batching, settings.pool
    return PoolOptions(
        rules=Rules(
            failure_cooldown=pool.failure_cooldown,
            minimum_age=pool.minimum_age,
            budgets=_budgets(pool.memory_budget, {spec.key.device for _, spec in tiers.references}),
        ),
        drain_deadline=pool.drain_deadline,
        load_timeout=pool.load_timeout,
        limits=BatchLimits(**batching.model_dump()),
    )


def _budgets(budget: Budget, devices: Iterable[str]) -> dict[str, int]:
    """Return bytes per device; a device whose memory cannot be read has no budget under "auto"."""
    if budget == "none":
        return {}
    if budget != "auto":
        return {device: int(budget) for device in devices}
    totals = {device: total_memory(device) for device in devices}
    return {device: int(total * _AUTO_SHARE) for device, total in totals.items() if total}
