"""Everything that routes use, for one configuration; a reload puts another in its place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from app.canary import Canary
from app.glossaries.library import Library
from app.jobs import DocumentJobs
from app.limits import Admission
from app.settings import Settings
from app.telemetry.counts import Counts
from app.telemetry.logs import logger
from app.telemetry.metrics import Metrics
from app.tiers import TierTable
from app.translate import Translator
from model_pool.errors import PoolError
from model_pool.pool import ModelPool
from model_pool.replica import ReplicaSpec

UNLOAD_SECONDS = 1.0
"""Of the shutdown deadline."""


@dataclass(frozen=True, slots=True)
class Services:
    """One configuration, resolved; pool, metrics, counts, admission, library and documents
    are those of the server and outlive it."""

    settings: Settings
    tiers: TierTable
    pool: ModelPool
    translator: Translator
    metrics: Metrics
    counts: Counts
    canary: Canary
    admission: Admission
    library: Library
    documents: DocumentJobs

    async def preload(self) -> None:
        """Load and warm up what the preloaded tiers need. A failure is logged and shown by `/ready`; others load."""
        specs = [spec for key, spec in self.tiers.unique.items() if self.tiers.is_preloaded(key)]
        results = await asyncio.gather(*map(self.load, specs), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, PoolError):
                logger.error("preloading failed", exc_info=result)
        for reason in await self.canary.reasons():
            logger.error("not ready: %s", reason)

    async def load(self, spec: ReplicaSpec) -> None:
        """Return when a replica is in memory. Raises what `ModelPool.acquire` does."""
        async with self.pool.lease(spec):
            pass

    def specs_named(self, reference: str) -> list[ReplicaSpec]:
        """Return the replicas that some tier knows by this reference."""
        return [spec for spec in self.tiers.unique.values() if reference in self.tiers.references_of(spec.key)]

    async def close(self) -> None:
        """Unload everything, or give up soon: requests have had their time, and the process is about to end anyway."""
        try:
            await asyncio.wait_for(self.pool.close(), UNLOAD_SECONDS)
        except TimeoutError:
            logger.warning("some replicas are still busy; they end with the process")
        else:
            logger.info("all replicas are unloaded")
