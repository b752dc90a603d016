"""Readiness that is proved: each preloaded checkpoint is in memory and has lately translated something."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from time import monotonic

from app.tiers import TierTable
from model_pool.errors import PoolError
from model_pool.pool import ModelPool, ReplicaSnapshot
from model_pool.replica import ReplicaSpec
from model_pool.residency.states import State
from model_pool.types import DecodeOptions, ReplicaKey

_TEXT = "OK, thank you."
_LEFT = frozenset({State.COLD, State.DRAINING, State.UNLOADING})


class Canary:
    """Translates a few words when somebody asks and the last success is older than `max_age` (seconds)."""

    def __init__(self, pool: ModelPool, tiers: TierTable, *, max_age: float, timeout: float) -> None:
        self._pool = pool
        self._tiers = tiers
        self._max_age = max_age
        self._timeout = timeout
        self._succeeded: dict[ReplicaKey, float] = {}
        self._locks: defaultdict[ReplicaKey, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def reasons(self) -> list[str]:
        """Return why the server is not ready; empty where it is."""
        states = {snapshot.key: snapshot for snapshot in self._pool.snapshot()}
        reasons: list[str] = []
        for key, spec in self._tiers.unique.items():
            tiers = self._tiers.preloaders_of(key)
            if tiers and (reason := await self._reason(spec, states.get(key))) is not None:
                reasons.append(f"{spec.checkpoint.reference} (tiers {', '.join(tiers)}) {reason}")
        return reasons

    async def _reason(self, spec: ReplicaSpec, snapshot: ReplicaSnapshot | None) -> str | None:
        if snapshot is None:
            return f"is {State.COLD}"
        if snapshot.state in _LEFT and snapshot.loads and snapshot.failure is None:
            return None  # it was there, and left for its keep-alive, for room or by order: who asks for it loads it
        if snapshot.state in {State.READY, State.FAILED}:
            # A failed load is tried again here once its cooldown is over: no request may come while we say unready.
            says = "does not translate" if snapshot.state is State.READY else "is failed"
            fault = await self.probe(spec)
            return None if fault is None else f"{says}: {fault}"
        return f"is {snapshot.state}" + (f": {snapshot.failure}" if snapshot.failure else "")

    async def probe(self, spec: ReplicaSpec) -> str | None:
        """Return what is wrong with a replica, None where it translates. Askers at the same time share one probe."""
        async with self._locks[spec.key]:
            if monotonic() - self._succeeded.get(spec.key, -self._max_age) < self._max_age:
                return None
            try:
                await asyncio.wait_for(self._translate(spec), self._timeout)
            except TimeoutError:
                return f"no answer within {self._timeout:g} s"
            except PoolError as error:
                return str(error)
            self._succeeded[spec.key] = monotonic()
            return None

    async def _translate(self, spec: ReplicaSpec) -> None:
        manifest = spec.checkpoint.manifest
        source, target = next((s, t) for s in manifest.sources for t in manifest.targets if manifest.translates(s, t))
        async with self._pool.lease(spec) as lease:
            await self._pool.translate(
                lease, [_TEXT], source=source, target=target, options=DecodeOptions(), cached=False
            )
