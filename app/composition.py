"""From settings to running parts: catalog, tiers, pool, services; reads manifests, loads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.auth import Access
from app.canary import Canary
from app.detection import Detector
from app.glossaries.library import Library
from app.glossaries.store import GLOSSARIES_FILE, GlossaryStore
from app.jobs import DocumentJobs
from app.keys import ApiKey, KeyFileError, configured_keys
from app.limits import Admission
from app.services import Services
from app.settings import ConfigurationError, Settings, TierSettings
from app.settings.models import Budget
from app.telemetry.counts import Counts
from app.telemetry.logs import LoadLog
from app.telemetry.metrics import Metrics
from app.tiers import Tier, TierTable
from app.translate import Outcome, Translator
from model_pool.batching.forming import BatchLimits
from model_pool.catalog.catalog import Catalog
from model_pool.devices import known_devices, memory_in_use, total_memory
from model_pool.engines.base import EngineLoader
from model_pool.engines.ctranslate2 import CTranslate2Loader
from model_pool.errors import PoolError
from model_pool.pool import ModelPool
from model_pool.replica import ReplicaSpec, make_spec
from model_pool.residency.entry import Policy
from model_pool.residency.rules import Rules
from model_pool.residency.shelf import HOST
from model_pool.runtime import PoolOptions
from model_pool.tuning.plan import Setting
from model_pool.tuning.planner import Planner
from model_pool.tuning.store import Tunings
from model_pool.types import DecodeOptions

_AUTO_SHARE = 0.8
"""Of what a device has beyond what is in use at start, under memory_budget = "auto"; the rest is for work buffers."""


def make_loader() -> EngineLoader:
    """Return the serving engine's loader."""
    return CTranslate2Loader()


def make_planner(settings: Settings) -> Planner:
    """Return what decides on threads and batch sizes: the configuration, else what was tuned here, else the rule."""
    engine, batching = settings.engine, settings.batching
    wanted = Setting(engine.inter_threads, engine.intra_threads, batching.max_items, batching.max_tokens)
    return Planner(wanted, Tunings(settings.data_path))


def read_keys(settings: Settings) -> tuple[ApiKey, ...]:
    """Return every API key of the configuration and its key file. Raises ConfigurationError."""
    try:
        return configured_keys(settings.auth.keys, settings.auth.key_file)
    except KeyFileError as error:
        raise ConfigurationError(str(error)) from error


def resolve_tiers(settings: Settings, catalog: Catalog, loader: EngineLoader) -> TierTable:
    """Find every checkpoint of the configuration. Raises ConfigurationError naming each key that cannot be served."""
    tiers, faults, planner = [], [], make_planner(settings)
    for name, tier in settings.tiers.items():
        specs = []
        for index, reference in enumerate(tier.checkpoints):
            try:
                checkpoint, device = catalog.resolve(reference), tier.device or settings.engine.device
                specs.append(
                    make_spec(loader, checkpoint, device=device, compute_type=tier.compute_type, planner=planner)
                )
            except PoolError as error:
                faults.append(f"  tiers.{name}.checkpoints[{index}]: {error}")
        tiers.append(_tier(name, tier, specs, demote=settings.pool.demote))
    if faults:
        raise ConfigurationError("Some tiers cannot be served:\n" + "\n".join(faults))
    return TierTable(tiers, default=settings.default_tier)


@dataclass(frozen=True, slots=True)
class Parts:
    """What outlives a reload."""

    loader: EngineLoader
    pool: ModelPool
    detector: Detector
    metrics: Metrics
    counts: Counts
    admission: Admission
    access: Access
    library: Library
    documents: DocumentJobs


def open_parts(
    settings: Settings,
    tiers: TierTable,
    loader: EngineLoader,
    detector: Detector,
    metrics: Metrics,
    keys: Sequence[ApiKey] = (),
) -> Parts:
    """Make the pool and its company. Call it inside the event loop that will serve."""
    pool = ModelPool(
        [loader], _pool_options(settings, tiers), observers=[metrics, LoadLog()], cache_bytes=settings.cache.max_bytes
    )
    access, library = Access(keys), _library(settings)
    documents = DocumentJobs(
        settings.data_path,
        settings.documents,
        detector=detector,
        library=library,
        usage=access.usage,
        on_end=metrics.document_ended,
    )
    return Parts(
        loader=loader,
        pool=pool,
        detector=detector,
        metrics=metrics,
        counts=Counts(),
        admission=Admission(settings.limits),
        access=access,
        library=library,
        documents=documents,
    )


def build_services(settings: Settings, tiers: TierTable, parts: Parts) -> Services:
    """Put the services of one configuration together."""

    def count(outcomes: Sequence[Outcome]) -> None:
        parts.counts.add(len(outcomes), sum(outcome.seconds for outcome in outcomes))
        parts.metrics.count(outcomes)

    health, pool = settings.health, parts.pool
    return Services(
        settings=settings,
        tiers=tiers,
        pool=pool,
        translator=Translator(pool, tiers, parts.detector, on_done=count),
        metrics=parts.metrics,
        counts=parts.counts,
        canary=Canary(pool, tiers, max_age=health.canary_max_age, timeout=health.canary_timeout),
        admission=parts.admission,
        library=parts.library,
        documents=parts.documents,
    )


def _library(settings: Settings) -> Library:
    limits = settings.glossaries
    return Library(
        GlossaryStore(settings.data_path / GLOSSARIES_FILE, most=limits.max_glossaries, most_entries=limits.max_entries)
    )


def _tier(name: str, settings: TierSettings, specs: Sequence[ReplicaSpec], *, demote: bool) -> Tier:
    return Tier(
        name=name,
        description=settings.description,
        specs=tuple(specs),
        options=DecodeOptions(beam_size=settings.beam_size, length_penalty=settings.length_penalty),
        max_length=settings.max_length,
        preload=settings.preload,
        fallback=settings.fallback,
        pivots=settings.pivots,
        policy=Policy(
            keep_alive=None if settings.keep_alive == "never" else settings.keep_alive,
            pinned=settings.pin,
            demote=demote,
        ),
    )


def _pool_options(settings: Settings, tiers: TierTable) -> PoolOptions:
    batching, pool = settings.batching, settings.pool
    # Every device that there is, and not those of the tiers alone: a reload may bring a tier on another.
    devices = {*known_devices(), *(spec.key.device for _, spec in tiers.references)}
    return PoolOptions(
        rules=Rules(
            failure_cooldown=pool.failure_cooldown,
            minimum_age=pool.minimum_age,
            budgets=_budgets(pool.memory_budget, devices),
            shelf=_shelf(pool.memory_budget),
        ),
        drain_deadline=pool.drain_deadline,
        load_timeout=pool.load_timeout,
        limits=BatchLimits(**batching.model_dump(exclude={"max_items", "max_tokens"})),
    )


def _shelf(budget: Budget) -> int:
    """Return what demoted copies may take of the host at most; where nothing else is limited, they are."""
    return _budgets("auto" if budget == "none" else budget, [HOST])[HOST]


def _budgets(budget: Budget, devices: Iterable[str]) -> dict[str, int]:
    """Return bytes per device; a device whose memory cannot be read has no budget under "auto".

    Call it before anything is loaded: what is in use then, the process itself included, is no room for replicas.
    """
    if budget == "none":
        return {}
    if budget != "auto":
        return {device: int(budget) for device in devices}
    totals = {device: total_memory(device) for device in devices}
    return {
        device: int(max(0, total - memory_in_use(device)) * _AUTO_SHARE) for device, total in totals.items() if total
    }
