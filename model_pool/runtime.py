"""Performs the residency's effects with asyncio: load and unload tasks, timers, waiters; touches loop and threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from model_pool.batching.batcher import BatchDone, Batcher
from model_pool.batching.forming import BatchLimits
from model_pool.batching.vram import limits_from_vram
from model_pool.engines.base import EngineLoader
from model_pool.errors import DeviceLost, EngineError, LeaseRevoked, ResidencyError
from model_pool.idle import IDLE_SECONDS, IdleTrim
from model_pool.observer import Observer
from model_pool.replica import Loaded, Replica, ReplicaSpec, demote_replica, free_replica, load_replica, promote_replica
from model_pool.residency.effects import Transition
from model_pool.residency.entry import Lease, Waiter
from model_pool.residency.residency import Residency
from model_pool.residency.rules import Rules
from model_pool.residency.shelf import HOST
from model_pool.residency.states import HOLDS_MEMORY
from model_pool.tuning.plan import Origin
from model_pool.types import ReplicaKey


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """How the pool behaves. Seconds.

    rules: what the residency decides by.
    drain_deadline: how long an unload waits for leases before it revokes them.
    load_timeout: after this a load counts as failed, though its thread cannot be stopped.
    limits: window and queue of every replica; how large a batch may grow is in each replica's plan.
    """

    rules: Rules = field(default_factory=Rules)
    drain_deadline: float = 60.0
    load_timeout: float = 900.0
    limits: BatchLimits = field(default_factory=BatchLimits)


class Runtime:
    """`Effects` over one event loop. Create and use it on that loop only."""

    def __init__(
        self, loaders: Mapping[str, EngineLoader], options: PoolOptions, observers: Sequence[Observer]
    ) -> None:
        self._loaders = loaders
        self._options = options
        self._observers = observers
        self._loop = asyncio.get_running_loop()
        self._specs: dict[ReplicaKey, ReplicaSpec] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loading = _loading_thread()
        self._moved = asyncio.Event()
        self._idle = IdleTrim(self._loop, IDLE_SECONDS)
        self.residency: Residency[Replica] = Residency(self, options.rules)

    def know(self, spec: ReplicaSpec) -> None:
        """Remember what a key is loaded from: the latest spec, as the directory of an earlier one may be gone."""
        self._specs[spec.key] = spec

    async def emptied(self) -> None:
        """Wait until nothing is resident and nothing is under way."""
        while self.residency.shelf.copies or any(entry.state in HOLDS_MEMORY for entry in self.residency.entries):
            self._moved.clear()
            await self._moved.wait()
        self._idle.close()
        self._loading.shutdown(wait=False)

    # ---- Effects ----------------------------------------------------------------------------------------

    def now(self) -> float:
        """See `Effects`."""
        return self._loop.time()

    def start_load(self, key: ReplicaKey, generation: int) -> None:
        """See `Effects`."""
        self._spawn(self._load(key, generation, lambda: self._load_from_disk(self._specs[key])))

    def start_unload(self, key: ReplicaKey, generation: int, resource: Replica) -> None:
        """See `Effects`. Work that is still queued fails at once; batches in the engine are awaited."""
        self._shut(resource)
        self._spawn(self._unload(key, generation, resource))

    def start_demote(self, key: ReplicaKey, generation: int, resource: Replica, replaced: Sequence[Replica]) -> None:
        """See `Effects`."""
        self._shut(resource)
        self._spawn(self._demote(key, generation, resource, replaced))

    def start_promote(self, key: ReplicaKey, generation: int, copied: int, resource: Replica) -> None:
        """See `Effects`."""
        self._spawn(self._load(key, generation, lambda: self._load_from_copy(resource, copied)))

    def start_drop(self, key: ReplicaKey, generation: int, resource: Replica) -> None:
        """See `Effects`."""
        self._spawn(self._drop(key, generation, resource))

    def start_drain_timer(self, key: ReplicaKey, generation: int) -> None:
        """See `Effects`."""
        self._loop.call_later(self._options.drain_deadline, self.residency.on_drain_deadline, key, generation)

    def start_keep_alive_timer(self, key: ReplicaKey, generation: int, seconds: float) -> None:
        """See `Effects`."""
        self._loop.call_later(seconds, self.residency.on_keep_alive, key, generation)

    def grant(self, waiter: Waiter, lease: Lease[Replica]) -> bool:
        """See `Effects`. Waiters are futures."""
        assert isinstance(waiter, asyncio.Future)  # noqa: S101 - the pool makes them
        if waiter.done():
            return False
        waiter.set_result(lease)
        return True

    def reject(self, waiter: Waiter, error: ResidencyError) -> None:
        """See `Effects`."""
        assert isinstance(waiter, asyncio.Future)  # noqa: S101 - the pool makes them
        if not waiter.done():
            waiter.set_exception(error)

    def emit(self, transition: Transition) -> None:
        """See `Effects`."""
        self._moved.set()
        self._tell(lambda observer: observer.on_transition(transition))

    # ---- work -------------------------------------------------------------------------------------------

    async def _load(self, key: ReplicaKey, generation: int, load: Callable[[], Coroutine[None, None, Loaded]]) -> None:
        started, spec = self.now(), self._specs[key]
        try:
            loaded = await load()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a load raises (a panic too) is the entry's failure
            failure = error if isinstance(error, Exception) else EngineError(f"the load broke down: {error!r}")
            seconds = self.now() - started
            self._tell(lambda observer: observer.on_load_failed(spec, seconds=seconds, error=failure))
            self.residency.on_load_failed(key, generation, failure)
            return
        seconds = self.now() - started
        self._tell(lambda observer: observer.on_load(spec, seconds=seconds, footprint=loaded.footprint))
        replica = self._replica(spec, generation, loaded)
        if not self.residency.on_loaded(key, generation, replica, loaded.footprint):
            await self._free(replica)

    async def _load_from_disk(self, spec: ReplicaSpec) -> Loaded:
        return await self._load_in_time(spec, partial(load_replica, spec, self._loaders[spec.key.engine]))

    async def _load_from_copy(self, copy: Replica, copied: int) -> Loaded:
        key = copy.spec.key
        try:
            return await self._load_in_time(copy.spec, partial(promote_replica, copy, self._loaders[key.engine]))
        finally:
            # Also after a load that hangs: as with any other, what its thread still holds is beyond us.
            self._dropped(key, copied)

    async def _load_in_time(self, spec: ReplicaSpec, work: Callable[[], Loaded]) -> Loaded:
        load = self._loop.run_in_executor(self._loading, work)
        done, _ = await asyncio.wait({load}, timeout=self._options.load_timeout)
        if done:
            return load.result()
        # The thread hangs in native code: leave it, let others load on a new one, free what it may still bring.
        self._loading = _loading_thread()
        load.add_done_callback(partial(_free_late, device=spec.key.device))
        raise EngineError(f"{spec.checkpoint.reference} did not load in {self._options.load_timeout:g} s.")

    async def _unload(self, key: ReplicaKey, generation: int, replica: Replica) -> None:
        try:
            await self._free(replica)
        finally:
            # Even if closing raised: the entry must settle, or those who queue behind it wait for ever.
            self.residency.on_unloaded(key, generation)

    async def _demote(self, key: ReplicaKey, generation: int, replica: Replica, replaced: Sequence[Replica]) -> None:
        demoted = False
        try:
            await replica.batcher.ended()
            demoted, before, after = await self._loop.run_in_executor(None, demote_replica, replica, replaced)
            self._tell(lambda observer: observer.on_unload(replica.spec, before=before, after=after))
        finally:
            self.residency.on_unloaded(key, generation, demoted=demoted)
            self._moved.set()

    async def _drop(self, key: ReplicaKey, generation: int, copy: Replica) -> None:
        try:
            await self._loop.run_in_executor(None, free_replica, copy.engine, HOST)
        finally:
            self._dropped(key, generation)

    def _dropped(self, key: ReplicaKey, generation: int) -> None:
        self.residency.on_dropped(key, generation)
        self._moved.set()

    @staticmethod
    def _shut(replica: Replica) -> None:
        key = replica.spec.key
        replica.batcher.shut(LeaseRevoked(f"{key} was unloaded before this was translated; ask again.", retry_after=1))

    async def _free(self, replica: Replica) -> None:
        key = replica.spec.key
        await replica.batcher.ended()
        before, after = await self._loop.run_in_executor(None, free_replica, replica.engine, key.device)
        self._tell(lambda observer: observer.on_unload(replica.spec, before=before, after=after))

    def _replica(self, spec: ReplicaSpec, generation: int, loaded: Loaded) -> Replica:
        spec, key = self._settled(spec, loaded), spec.key
        batcher = Batcher(
            loaded.engine,
            limits=spec.plan.limits(self._options.limits),
            hold=partial(self._hold, key, generation),
            on_done=partial(self._batch_done, key),
            on_device_lost=partial(self._device_lost, key, generation),
        )
        return Replica(spec, loaded.engine, loaded.tokenizer, batcher)

    def _settled(self, spec: ReplicaSpec, loaded: Loaded) -> ReplicaSpec:
        """Return the spec with the batch that a card has room for, where nobody has said or measured another."""
        plan, device = spec.plan, spec.key.device
        if device == HOST or plan.batch_from is not Origin.RULE:
            return spec
        limits = limits_from_vram(
            self._options.limits,
            free=loaded.free_video_memory,
            promised=max(0, self._options.rules.budgets.get(device, 0) - self.residency.memory_used(device)),
            weights_bytes=spec.checkpoint.weights_bytes,
            parallelism=loaded.engine.parallelism,
        )
        setting = replace(plan.setting, max_items=limits.max_items, max_tokens=limits.max_tokens)
        return replace(spec, plan=replace(plan, setting=setting))

    def _hold(self, key: ReplicaKey, generation: int) -> Callable[[], None]:
        return partial(self.residency.release, self.residency.retain(key, generation))

    def _batch_done(self, key: ReplicaKey, done: BatchDone) -> None:
        self._idle.used()
        self._tell(lambda observer: observer.on_batch(key, done))

    def _device_lost(self, key: ReplicaKey, generation: int, error: DeviceLost) -> None:
        self.residency.on_device_lost(key, generation, error)

    def _tell(self, event: Callable[[Observer], None]) -> None:
        """Tell every observer. One that raises is reported and cannot break a transition."""
        for observer in self._observers:
            try:
                event(observer)
            except Exception as error:  # noqa: BLE001 - telemetry must never stop the pool
                self._report(error, "an observer raised")

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._report(error, "a load or unload ended in a bug")

    def _report(self, error: BaseException, message: str) -> None:
        self._loop.call_exception_handler({"message": message, "exception": error})


def _loading_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="load")


def _free_late(load: asyncio.Future[Loaded], *, device: str) -> None:
    if not load.cancelled() and load.exception() is None:
        free_replica(load.result().engine, device)
