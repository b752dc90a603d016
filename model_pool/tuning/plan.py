"""`Plan`: the threads and the batch size that a replica runs with, and who said so; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from model_pool.batching.forming import BatchLimits
from model_pool.engines.threads import ThreadPlan, plan_threads

RULE_MAX_ITEMS = 16
"""Small batches keep every thread fed; 8 were as fast with a p95 that was a quarter longer, 24 slower."""

RULE_MAX_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class Setting:
    """What `babelpool tune` varies; 0 stands for "not said" where a person may leave it open.

    inter: batches computed at the same time. intra: threads in each. max_items, max_tokens: see `BatchLimits`.
    """

    inter: int = 0
    intra: int = 0
    max_items: int = 0
    max_tokens: int = 0

    def __str__(self) -> str:
        return f"{self.inter} x {self.intra} threads, batches of {self.max_items} segments and {self.max_tokens} tokens"

    @property
    def threads(self) -> ThreadPlan:
        """The engine's part."""
        return ThreadPlan(self.inter, self.intra)


AUTO = Setting()


class Origin(StrEnum):
    """Where a part of a plan comes from."""

    RULE = "rule"
    TUNED = "tuned"
    CONFIGURED = "configured"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a replica runs with. `note`: why a tuning that is there was not used; "" where there is nothing to say."""

    setting: Setting
    threads_from: Origin = Origin.RULE
    batch_from: Origin = Origin.RULE
    note: str = ""

    def __str__(self) -> str:
        one = self.setting
        threads = f"{one.inter} x {one.intra} threads ({self.threads_from})"
        return f"{threads}, batches of {one.max_items} segments and {one.max_tokens} tokens ({self.batch_from})"

    def limits(self, queue: BatchLimits) -> BatchLimits:
        """Return the limits of this replica's batches; window and queue are those given."""
        return replace(queue, max_items=self.setting.max_items, max_tokens=self.setting.max_tokens)


def rule(*, device: str, cpus: int, weights_bytes: int, wanted: Setting = AUTO) -> Setting:
    """Return the setting for a checkpoint of this size that nobody has measured; what is `wanted` is taken as given."""
    if device == "cpu":
        threads = plan_threads(cpus=cpus, weights_bytes=weights_bytes, inter=wanted.inter, intra=wanted.intra)
    else:
        threads = ThreadPlan(wanted.inter or 1, 1)
    return Setting(
        threads.inter, threads.intra, wanted.max_items or RULE_MAX_ITEMS, wanted.max_tokens or RULE_MAX_TOKENS
    )


def join(ruled: Setting, wanted: Setting, tuned: Setting | None, note: str = "") -> Plan:
    """Put a plan together: what is configured wins, then what was measured, then the rule.

    ruled: what `rule` says, with `wanted` in it. Threads were measured together, and so were the two limits of a
    batch: where one of a pair is configured, the measured other one is not used.
    """
    threads = _origin(tuned, said=bool(wanted.inter or wanted.intra))
    batch = _origin(tuned, said=bool(wanted.max_items or wanted.max_tokens))
    setting = ruled
    if tuned is not None and threads is Origin.TUNED:
        setting = replace(setting, inter=tuned.inter, intra=tuned.intra)
    if tuned is not None and batch is Origin.TUNED:
        setting = replace(setting, max_items=tuned.max_items, max_tokens=tuned.max_tokens)
    return Plan(setting, threads, batch, note)


def _origin(tuned: Setting | None, *, said: bool) -> Origin:
    if said:
        return Origin.CONFIGURED
    return Origin.RULE if tuned is None else Origin.TUNED
