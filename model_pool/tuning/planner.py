"""`Planner`: which plan a replica runs with: configured, else tuned on this machine, else the rule; reads disk."""

from __future__ import annotations

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.devices import available_cpus
from model_pool.tuning.plan import AUTO, Plan, Setting, join, rule
from model_pool.tuning.store import Found, Tunings
from model_pool.types import ReplicaKey


class Planner:
    """Makes plans. `wanted`: what the configuration says, 0 for "auto"; `tunings`: None to go without."""

    def __init__(self, wanted: Setting = AUTO, tunings: Tunings | None = None) -> None:
        self._wanted = wanted
        self._tunings = tunings

    def plan(self, checkpoint: Checkpoint, key: ReplicaKey) -> Plan:
        """Return the plan of a replica; reads at most one small file."""
        ruled = rule(
            device=key.device, cpus=available_cpus(), weights_bytes=checkpoint.weights_bytes, wanted=self._wanted
        )
        found = self._tunings.find(key) if self._tunings is not None else Found()
        tuned = found.record.setting if found.record is not None else None
        return join(ruled, self._wanted, tuned, found.note)
