"""Replaces the configuration of a running server, whole or not at all; holds the services that answer now."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from app.auth import exposure
from app.composition import Parts, build_services, read_keys, resolve_tiers
from app.errors import ReloadFailed
from app.services import UNLOAD_SECONDS, Services
from app.settings import ConfigurationError, Settings
from app.telemetry.logs import log_sharing, logger
from app.tiers import TierTable
from model_pool.catalog.catalog import Catalog
from model_pool.errors import PoolError
from model_pool.residency.entry import Policy

RELOADABLE = ("default_tier", "tiers", "limits", "auth", "health")
"""What a reload can change; the rest is bound to the process."""


@dataclass(frozen=True, slots=True)
class ReloadReport:
    """What a reload did. References; `needs_restart`: settings that differ and wait for the next start."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    tiers: tuple[str, ...]
    needs_restart: tuple[str, ...]


class Reloader:
    """The one mutable place of a server. `read` returns the configuration as it is on disk now."""

    def __init__(self, services: Services, parts: Parts, read: Callable[[], Settings]) -> None:
        self.services = services
        self._parts = parts
        self._read = read
        self._one_at_a_time = asyncio.Lock()
        self._next: asyncio.Task[ReloadReport | ReloadFailed] | None = None
        self._tasks: set[asyncio.Task[ReloadReport | ReloadFailed]] = set()
        parts.metrics.watch(parts.pool, lambda: self.services.tiers)
        parts.metrics.watch_documents(parts.documents)
        parts.documents.serve(lambda: self.services)
        self._apply_policies(services.tiers)

    async def reload(self) -> ReloadReport:
        """Validate the new configuration, load and try what is new in it, then let traffic move; old replicas drain.

        Requests that run keep the services that they began with, so none sees a mixture. Reloads take turns; all who
        ask before one has begun to read share it, and it goes on when they leave. Raises ReloadFailed.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._take_turn())
            self._tasks.add(self._next)
            self._next.add_done_callback(self._tasks.discard)
        outcome = await asyncio.shield(self._next)
        if isinstance(outcome, ReloadFailed):
            # A fresh error for each: one raised in several tasks would pile up tracebacks.
            raise ReloadFailed(str(outcome)) from outcome
        return outcome

    async def close(self) -> None:
        """Give up what is being reloaded, leave documents for the next start, and unload everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # Side by side: a document that is stopped gives its replica back, which the pool waits for.
        await asyncio.gather(self._parts.documents.close(UNLOAD_SECONDS), self.services.close())

    async def _take_turn(self) -> ReloadReport | ReloadFailed:
        async with self._one_at_a_time:
            self._next = None  # whoever asks from here on may have changed what is read from here on
            try:
                return await self._reload()
            except (ConfigurationError, PoolError) as error:
                logger.error("the configuration was not reloaded: %s", error)
                return ReloadFailed(str(error))

    async def _reload(self) -> ReloadReport:
        read = await asyncio.to_thread(self._read)
        old = self.services
        needs_restart = _differences(old.settings, read)
        settings = old.settings.model_copy(update={name: getattr(read, name) for name in RELOADABLE})
        tiers = await asyncio.to_thread(resolve_tiers, settings, Catalog(settings.data_path), self._parts.loader)
        keys = await asyncio.to_thread(read_keys, settings)
        new = build_services(settings, tiers, self._parts)
        async with AsyncExitStack() as leases:
            await self._try_out(new, old.tiers, leases)
            # From here on nothing can fail and nothing awaits: the next request gets the new services.
            self.services = new
            self._parts.admission.limits = settings.limits
            self._parts.access.configure(keys)
            self._apply_policies(tiers)
            self._let_go(old.tiers, tiers)
        log_sharing(tiers)
        if (warning := exposure(settings.server.host, self._parts.access)) is not None:
            logger.warning(warning)
        return ReloadReport(
            added=_only_in(tiers, old.tiers),
            removed=_only_in(old.tiers, tiers),
            tiers=tuple(tiers),
            needs_restart=needs_restart,
        )

    async def _try_out(self, new: Services, old: TierTable, leases: AsyncExitStack) -> None:
        """Load what is newly preloaded, and translate with it; a lease keeps each until traffic has moved."""
        for key, spec in new.tiers.unique.items():
            if old.is_preloaded(key) or not new.tiers.is_preloaded(key):
                continue
            if key not in old.unique:
                # Until the new tiers are in force nobody wants it: should another fail, it shall not stay.
                self._parts.pool.configure(key, Policy(keep_alive=0.0))
            await leases.enter_async_context(self._parts.pool.lease(spec))
            if (fault := await new.canary.probe(spec)) is not None:
                raise ConfigurationError(f"{spec.checkpoint.reference} does not translate: {fault}")

    def _apply_policies(self, tiers: TierTable) -> None:
        for key in tiers.unique:
            self._parts.pool.configure(key, tiers.policy_of(key))

    def _let_go(self, old: TierTable, new: TierTable) -> None:
        """Let replicas that no tier uses any more leave when the last request on them has ended."""
        for key in old.unique:
            if key not in new.unique:
                self._parts.pool.configure(key, Policy(keep_alive=0.0))


def hold_reload_signals() -> None:
    """Let SIGHUP wait until there is a handler for it: without one it ends the process."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})


def reload_on_signal_and_change(reloader: Reloader, path: Path, seconds: float) -> list[asyncio.Task[None]]:
    """Reload on SIGHUP, and where `seconds` is not 0 after each change of the file; return the tasks to cancel."""
    loop = asyncio.get_running_loop()
    wanted = asyncio.Event()
    if threading.current_thread() is threading.main_thread():
        loop.add_signal_handler(signal.SIGHUP, wanted.set)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    tasks = [loop.create_task(_reload_when(wanted, reloader))]
    if seconds:
        tasks.append(loop.create_task(watch_file(path, wanted.set, seconds=seconds)))
    return tasks


async def _reload_when(wanted: asyncio.Event, reloader: Reloader) -> None:
    while True:
        await wanted.wait()
        wanted.clear()
        try:
            await reloader.reload()
        except ReloadFailed:
            pass  # It is logged and changes nothing; whoever sent the signal can do no more than read it.
        except Exception:  # noqa: BLE001 - see below
            # A bug shall not end this task, or no later signal would be heard.
            logger.exception("the configuration was not reloaded, for a bug")


async def watch_file(path: Path, changed: Callable[[], object], *, seconds: float) -> None:
    """Call `changed` after each change of a file, for ever; an empty one is about to be written.

    Looks at its state instead of asking the kernel: mounted and symlinked files (containers, Kubernetes) change
    without a notification.
    """
    seen = _state(path)
    while True:
        await asyncio.sleep(seconds)
        now = await asyncio.to_thread(_state, path)
        if now != seen and now is not None and now.size:
            seen = now
            changed()


@dataclass(frozen=True, slots=True)
class _FileState:
    modified: int
    size: int
    inode: int


def _state(path: Path) -> _FileState | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return _FileState(status.st_mtime_ns, status.st_size, status.st_ino)


def _differences(old: Settings, new: Settings) -> tuple[str, ...]:
    """Return the settings that differ but cannot be reloaded, as "section.key"."""
    found: list[str] = []
    for name in type(old).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if name in RELOADABLE or before == after:
            continue
        fields: Sequence[str] = list(getattr(type(before), "model_fields", ()))
        found += [f"{name}.{field}" for field in fields if getattr(before, field) != getattr(after, field)] or [name]
    return tuple(found)


def _only_in(one: TierTable, other: TierTable) -> tuple[str, ...]:
    return tuple(name for key in one.unique if key not in other.unique for name in one.references_of(key))
