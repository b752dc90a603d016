"""Whether a load has room: the ledger, who has to leave for it, when it may begin; pure, decides and moves nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Generic, TypeVar

from model_pool.errors import PoolSaturated
from model_pool.residency.entry import Entry
from model_pool.residency.eviction import choose_victims
from model_pool.residency.rules import Rules
from model_pool.residency.states import HOLDS_MEMORY, STAYING, UNDER_WAY, State
from model_pool.types import ReplicaKey

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Plan(Generic[R]):
    """How room is made for a load: who leaves, or why it cannot be made (then nobody does)."""

    victims: tuple[Entry[R], ...] = ()
    refusal: Callable[[], PoolSaturated] | None = None


class Turn(Enum):
    """When a reserved load may begin. REPLAN: nothing is under way that could still free its room."""

    NOW = auto()
    LATER = auto()
    REPLAN = auto()


def memory(entries: Collection[Entry[R]], device: str, states: frozenset[State] = HOLDS_MEMORY) -> int:
    """Return the bytes that the ledger counts on a device, over the entries in these states."""
    return sum(entry.memory for entry in entries if entry.key.device == device and entry.state in states)


def plan_room(entries: Collection[Entry[R]], key: ReplicaKey, peak_bytes: int, *, rules: Rules, now: float) -> Plan[R]:
    """Plan how `peak_bytes` can be reserved on the key's device."""
    device, budget = key.device, rules.budgets.get(key.device)
    if budget is None:
        return Plan()
    if peak_bytes > budget:
        return Plan(refusal=partial(_over_budget, key, peak_bytes, budget))
    # Demoted copies are not counted: they go before a live replica is evicted (see `Shelf.relieve`).
    needed = memory(entries, device, STAYING) + peak_bytes - budget
    if needed <= 0:
        return Plan()
    on_device = [entry for entry in entries if entry.key.device == device]
    victims = choose_victims(on_device, needed=needed, now=now, minimum_age=rules.minimum_age)
    if victims is None:
        return Plan(refusal=partial(_saturated, key, peak_bytes, budget, max(1.0, rules.minimum_age)))
    return Plan(victims=tuple(victims))


def turn_of(entry: Entry[R], entries: Collection[Entry[R]], *, rules: Rules, shelved: int, coming: bool) -> Turn:
    """Say when a reserved load may begin: memory must be really free, and not only on its way out.

    shelved: bytes that demoted copies take on the device. coming: whether some of those are on their way out.
    """
    device, budget = entry.key.device, rules.budgets.get(entry.key.device)
    occupied = memory(entries, device, HOLDS_MEMORY - {State.RESERVED}) + shelved
    if budget is None or occupied + entry.reserved <= budget:
        return Turn.NOW
    return Turn.LATER if coming or memory(entries, device, UNDER_WAY) else Turn.REPLAN


def _over_budget(key: ReplicaKey, peak: int, budget: int) -> PoolSaturated:
    return PoolSaturated(
        f"{key} takes {_mebibytes(peak)} to load, more than the whole budget of {key.device}, {_mebibytes(budget)}. "
        "Raise pool.memory_budget or serve a smaller checkpoint."
    )


def _saturated(key: ReplicaKey, peak: int, budget: int, wait: float) -> PoolSaturated:
    return PoolSaturated(
        f"{key} takes {_mebibytes(peak)} to load, and the budget of {key.device}, {_mebibytes(budget)}, is held by "
        "replicas in use. Try again in a moment, or raise pool.memory_budget.",
        retry_after=wait,
    )


def _mebibytes(count: int) -> str:
    return f"{count / 2**20:.0f} MiB"
