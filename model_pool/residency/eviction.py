"""Who has to leave when room is needed: idle, unpinned, least recently used; pure and deterministic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from model_pool.residency.entry import Entry
from model_pool.residency.states import State

R = TypeVar("R")


def evictable(entry: Entry[R], *, now: float, minimum_age: float) -> bool:
    """Say whether nobody uses, waits for or has pinned a replica that has been there for `minimum_age` seconds."""
    idle = entry.state is State.READY and not entry.leases and not entry.policy.pinned
    return idle and entry.loaded_at is not None and now - entry.loaded_at >= minimum_age


def choose_victims(
    entries: Iterable[Entry[R]], *, needed: int, now: float, minimum_age: float
) -> list[Entry[R]] | None:
    """Return the fewest least recently used replicas that free `needed` bytes; None where all together do not.

    A victim that turns out not to be needed, because a later and larger one frees enough alone, is spared.
    """
    idle = [entry for entry in entries if evictable(entry, now=now, minimum_age=minimum_age)]
    idle.sort(key=lambda entry: (entry.last_used, str(entry.key)))
    victims: list[Entry[R]] = []
    freed = 0
    for entry in idle:
        if freed >= needed:
            break
        victims.append(entry)
        freed += entry.memory
    if freed < needed:
        return None
    for entry in reversed(victims[:-1]):
        if freed - entry.memory >= needed:
            victims.remove(entry)
            freed -= entry.memory
    return victims
