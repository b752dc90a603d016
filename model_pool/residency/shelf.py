"""The host shelf: replicas whose weights went from their device to host memory; pure, calls `Effects` only.

DEMOTING -> KEPT -> PROMOTING     a load takes the copy back to its device
    |         |
    +---------+---> DROPPING      host memory is needed, or nobody wants the copy any more

Copies stand in the host's ledger until their memory has come back. Live replicas go before: a copy is dropped as soon
as one of them needs its room, and is never worth an eviction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from model_pool.residency.effects import Effects
from model_pool.residency.states import HOLDS_MEMORY, STAYING, State
from model_pool.types import ReplicaKey

R = TypeVar("R")

HOST = "cpu"
"""The device whose memory the copies take."""


class CopyState(StrEnum):
    """Where a copy is on its way into and out of host memory."""

    DEMOTING = "demoting"
    KEPT = "kept"
    PROMOTING = "promoting"
    DROPPING = "dropping"


@dataclass(slots=True, eq=False)
class DemotedCopy(Generic[R]):
    """One replica's weights in host memory.

    generation: of the load that brought them to their device. size: bytes of the copy alone.
    reserved: bytes that the ledger counts; above `size` while larger copies that it replaces are being freed.
    wanted: False once it shall go as soon as it can be touched.
    """

    key: ReplicaKey
    generation: int
    resource: R
    size: int
    reserved: int
    state: CopyState = CopyState.DEMOTING
    wanted: bool = True

    @property
    def staying(self) -> bool:
        """Whether its memory does not come back by itself."""
        return self.wanted and self.state in {CopyState.DEMOTING, CopyState.KEPT}


class Shelf(Generic[R]):
    """Every copy, the one that was demoted longest ago first.

    limit: bytes for all of them. budget: of the host, for copies and live replicas together; None for no limit.
    live: the bytes of live replicas on the host that are in one of these states.
    """

    def __init__(
        self, effects: Effects[R], *, limit: int, budget: int | None, live: Callable[[frozenset[State]], int]
    ) -> None:
        self._effects = effects
        self._limit = limit
        self._budget = budget
        self._live = live
        self._copies: list[DemotedCopy[R]] = []

    # ---- what is there ----------------------------------------------------------------------------------

    @property
    def copies(self) -> list[DemotedCopy[R]]:
        """Every copy, in a list of the caller's own. Read only."""
        return list(self._copies)

    def memory(self, device: str = HOST) -> int:
        """Bytes that the ledger of `device` counts for the copies: of any but the host, none."""
        return sum(copy.reserved for copy in self._copies) if device == HOST else 0

    def under_way(self, device: str) -> bool:
        """Say whether memory of a copy comes back by itself, so that whoever waits for room hears of it."""
        return device == HOST and any(copy.state is not CopyState.KEPT for copy in self._copies)

    # ---- decisions --------------------------------------------------------------------------------------

    def demote(self, key: ReplicaKey, generation: int, resource: R, size: int) -> bool:
        """Begin to move a replica's weights here, in place of the oldest copies if need be; False without room."""
        replaced = self._oldest((copy for copy in self._copies if copy.state is CopyState.KEPT), size - self._room())
        freed = sum(copy.reserved for copy in replaced)
        if key.device == HOST or size > self._room() + freed:
            return False
        for copy in replaced:
            self._copies.remove(copy)
        self._copies.append(DemotedCopy(key, generation, resource, size, reserved=max(size, freed)))
        self._effects.start_demote(key, generation, resource, [copy.resource for copy in replaced])
        return True

    def on_unloaded(self, key: ReplicaKey, generation: int, *, demoted: bool) -> None:
        """Keep the copy that a demotion made, unless its room is needed by now; forget it where it failed."""
        copy = self._find(key, generation, CopyState.DEMOTING)
        if copy is None:
            return
        if not demoted:
            self._copies.remove(copy)
            return
        copy.state, copy.reserved = CopyState.KEPT, copy.size
        if not copy.wanted:
            self._drop([copy])

    def promote(self, key: ReplicaKey, generation: int) -> bool:
        """Begin the load `generation` out of a copy, if there is one."""
        copy = next((one for one in self._copies if one.key == key and one.staying), None)
        if copy is None:
            return False
        copy.state = CopyState.PROMOTING
        self._effects.start_promote(key, generation, copy.generation, copy.resource)
        return True

    def on_dropped(self, key: ReplicaKey, generation: int) -> None:
        """Return the memory of a copy, dropped or promoted; a stale report changes nothing."""
        copy = self._find(key, generation, CopyState.PROMOTING) or self._find(key, generation, CopyState.DROPPING)
        if copy is not None:
            self._copies.remove(copy)

    def drop(self, key: ReplicaKey | None = None) -> None:
        """Let the copy of a key go, or all of them."""
        self._drop([copy for copy in self._copies if copy.staying and key in {None, copy.key}])

    def relieve(self) -> None:
        """Drop the oldest copies whose room live replicas need, and no more than those."""
        if self._budget is not None:
            staying = [copy for copy in self._copies if copy.staying]
            wanted = self._live(STAYING) + sum(copy.reserved for copy in staying)
            self._drop(self._oldest(staying, wanted - self._budget))

    def _room(self) -> int:
        """Return the bytes that one more copy may take."""
        room = self._limit if self._budget is None else min(self._limit, self._budget - self._live(HOLDS_MEMORY))
        return room - self.memory()

    def _drop(self, copies: Iterable[DemotedCopy[R]]) -> None:
        """Free copies; one that is still being made goes when it is there."""
        for copy in copies:
            copy.wanted = False
            if copy.state is CopyState.KEPT:
                copy.state = CopyState.DROPPING
                self._effects.start_drop(copy.key, copy.generation, copy.resource)

    @staticmethod
    def _oldest(copies: Iterable[DemotedCopy[R]], needed: int) -> list[DemotedCopy[R]]:
        """Return the first copies that have `needed` bytes together; all of them where even they do not."""
        chosen: list[DemotedCopy[R]] = []
        for copy in copies:
            if sum(one.reserved for one in chosen) >= needed:
                break
            chosen.append(copy)
        return chosen

    def _find(self, key: ReplicaKey, generation: int, state: CopyState) -> DemotedCopy[R] | None:
        found = (one for one in self._copies if (one.key, one.generation, one.state) == (key, generation, state))
        return next(found, None)
