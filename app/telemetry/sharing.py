"""What sharing saves: references over all tiers against unique replicas and their measured footprints; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.tiers import TierTable
from model_pool.pool import ReplicaSnapshot
from model_pool.residency.states import State
from model_pool.types import ReplicaKey


@dataclass(frozen=True, slots=True)
class Shared:
    """One replica with the tiers that use it and the references that they name it by. `loaded_at` is Unix time."""

    key: ReplicaKey
    tiers: tuple[str, ...]
    references: tuple[str, ...]
    snapshot: ReplicaSnapshot | None

    @property
    def resident(self) -> bool:
        """Whether its weights are in memory and serve."""
        return self.snapshot is not None and self.snapshot.state is State.READY

    @property
    def footprint(self) -> int:
        """Measured bytes; 0 while it is not resident."""
        return self.snapshot.footprint if self.snapshot is not None and self.resident else 0


@dataclass(frozen=True, slots=True)
class Sharing:
    """The whole story. Bytes are measured, so they are 0 until something is loaded.

    references: (tier, checkpoint) pairs of the configuration, each of which an unshared server would load.
    replicas_saved: references minus unique replicas.
    memory_saved: for each resident replica, its footprint for every reference but the first.
    """

    tiers: int
    references: int
    replicas: tuple[Shared, ...]

    @property
    def demoted(self) -> list[int]:
        """Bytes of each copy that waits in host memory."""
        snapshots = [replica.snapshot for replica in self.replicas if replica.snapshot is not None]
        return [snapshot.demoted for snapshot in snapshots if snapshot.demoted]

    @property
    def replicas_saved(self) -> int:
        """Loads that are not needed."""
        return self.references - len(self.replicas)

    @property
    def memory_used(self) -> int:
        """Bytes of all resident replicas."""
        return sum(replica.footprint for replica in self.replicas)

    @property
    def memory_saved(self) -> int:
        """Bytes that the copies which are not needed would have taken."""
        return sum(replica.footprint * (len(replica.tiers) - 1) for replica in self.replicas)


def sharing_of(tiers: TierTable, snapshots: Sequence[ReplicaSnapshot]) -> Sharing:
    """Join the configuration with the pool's state."""
    by_key = {snapshot.key: snapshot for snapshot in snapshots}
    return Sharing(
        tiers=len(tiers),
        references=len(tiers.references),
        replicas=tuple(_shared(tiers, key, by_key.get(key)) for key in tiers.unique),
    )


def _shared(tiers: TierTable, key: ReplicaKey, snapshot: ReplicaSnapshot | None) -> Shared:
    return Shared(
        key=key,
        tiers=tuple(tier.name for tier, spec in tiers.references if spec.key == key),
        references=tuple(tiers.references_of(key)),
        snapshot=snapshot,
    )
