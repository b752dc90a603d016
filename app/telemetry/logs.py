"""Logging set-up, and the sharing story that the start-up log tells; writes to stderr."""

from __future__ import annotations

import logging
from logging.config import dictConfig

from app.telemetry.redaction import RedactKeys
from app.telemetry.sharing import sharing_of
from app.tiers import TierTable
from model_pool.observer import Observer
from model_pool.replica import ReplicaSpec
from model_pool.residency.effects import Transition

logger = logging.getLogger("babelpool")
_MEBIBYTE = 2**20


def configure_logging(level: str) -> None:
    """Log ours and uvicorn's alike, one line an event, to stderr."""
    dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"}},
            "filters": {"keys": {"()": RedactKeys}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"level": level.upper(), "handlers": ["stderr"]},
            "loggers": {"uvicorn.error": {"level": level.upper()}, "uvicorn.access": {"filters": ["keys"]}},
        }
    )


def log_sharing(tiers: TierTable) -> None:
    """Say which tiers there are, which checkpoints they share, and how many loads that saves."""
    sharing = sharing_of(tiers, [])
    logger.info("%d tiers: %s; %d checkpoint references", sharing.tiers, ", ".join(tiers), sharing.references)
    for replica in sharing.replicas:
        names = " = ".join(replica.references)
        if len(replica.tiers) > 1:
            logger.info("%s is shared by %s: loaded once", names, ", ".join(replica.tiers))
        else:
            logger.info("%s is used by %s alone", names, replica.tiers[0])
    logger.info("%d replicas to load, %d loads saved by sharing", len(sharing.replicas), sharing.replicas_saved)


class LoadLog(Observer):
    """Logs what enters and leaves memory, and once what a plan has to say."""

    def __init__(self) -> None:
        self._noted: set[tuple[str, str]] = set()

    def on_transition(self, transition: Transition) -> None:
        """See `Observer`."""
        logger.debug("%s: %s -> %s %s", transition.key, transition.old, transition.new, transition.reason)

    def on_load(self, spec: ReplicaSpec, *, seconds: float, footprint: int) -> None:
        """See `Observer`."""
        name, key, size = spec.checkpoint.reference, spec.key, footprint / _MEBIBYTE
        logger.info("loaded %s on %s as %s in %.2f s, %.1f MiB", name, key.device, key.compute_type, seconds, size)
        logger.info("%s runs with %s", name, spec.plan)
        if spec.plan.note and (name, spec.plan.note) not in self._noted:
            self._noted.add((name, spec.plan.note))
            logger.warning("%s: %s", name, spec.plan.note)

    def on_load_failed(self, spec: ReplicaSpec, *, seconds: float, error: Exception) -> None:
        """See `Observer`."""
        logger.error("loading %s failed after %.2f s: %s", spec.checkpoint.reference, seconds, error)

    def on_unload(self, spec: ReplicaSpec, *, before: int, after: int) -> None:
        """See `Observer`."""
        name, device, freed = spec.checkpoint.reference, spec.key.device, (before - after) / _MEBIBYTE
        logger.info("unloaded %s: %.1f MiB of %s came back, %.1f in use", name, freed, device, after / _MEBIBYTE)
