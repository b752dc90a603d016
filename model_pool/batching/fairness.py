"""Whose turn it is: clients share the engine fairly, and so do the submissions of one client; pure.

Stride scheduling on two levels. Everybody has a pass, the virtual time up to which it has been served; the lowest goes
first, and pays for what it takes. Whoever comes anew starts at the common pass, which moves on with all work that is
done: so a newcomer with one segment is next, and a stream of newcomers cannot starve a large submission for ever.
Source: C. A. Waldspurger and W. E. Weihl, Stride Scheduling, MIT/LCS/TM-528, 1995.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from model_pool.batching.items import Item, Submission

K = TypeVar("K")
M = TypeVar("M")

_SURCHARGE = 0.01
"""Tokens an item costs on top: whoever was served comes after a newcomer, though both stand at the common pass."""


@dataclass(slots=True, eq=False)
class _Member(Generic[M]):
    content: M
    turn: float
    arrival: int


@dataclass(slots=True)
class _Turns(Generic[K, M]):
    """Members of one level. `common`: where a newcomer starts."""

    members: dict[K, _Member[M]] = field(default_factory=dict)
    common: float = 0.0
    arrivals: int = 0

    def join(self, key: K, make: Callable[[], M]) -> M:
        """Return the content of a member, made anew where it was not there."""
        member = self.members.get(key)
        if member is None:
            self.arrivals += 1
            member = self.members[key] = _Member(make(), self.common, self.arrivals)
        return member.content

    def charge(self, key: K, cost: int) -> None:
        """Let a member pay for what it took, and time go on for all."""
        self.common += cost / len(self.members)
        self.members[key].turn += cost + _SURCHARGE

    def in_turn(self) -> list[_Member[M]]:
        """Return the members, next first."""
        return sorted(self.members.values(), key=lambda member: (member.turn, member.arrival))


Queue = deque[Item]


@dataclass(slots=True)
class _Client:
    turns: _Turns[Submission, Queue] = field(default_factory=_Turns)


class FairQueue:
    """Places of many submissions, in the order of their turns.

    on_leave: told of every item that leaves the queue, be it for a batch or because it is dead.
    """

    def __init__(self, on_leave: Callable[[Item], None]) -> None:
        self._clients: _Turns[str, _Client] = _Turns()
        self._on_leave = on_leave

    def push(self, items: Iterable[Item]) -> None:
        """Queue items behind those of the same submission."""
        for item in items:
            client = self._clients.join(item.submission.client, _Client)
            client.turns.join(item.submission, deque).append(item)

    def next_batch(self, window: int, choose: Callable[[list[Item]], list[Item]]) -> list[Item]:
        """Let `choose` pick a batch among the `window` items whose turn is next; the others stay where they are.

        Dead items on the way are dropped. Whose items are picked pays for them. Empty where all were dead.
        """
        candidates = self._take(window)
        batch = choose(candidates) if candidates else []
        picked = set(map(id, batch))
        for item in reversed(candidates):
            if id(item) not in picked:
                self._queue_of(item).appendleft(item)
        for item in batch:
            self._charge(item)
            self._on_leave(item)
        self._forget_the_served()
        return batch

    def clear(self) -> list[Item]:
        """Empty the queue and return the living items that were in it."""
        items = list(self)
        self._clients = _Turns()
        return items

    def __iter__(self) -> Iterator[Item]:
        """Go through the living items, next first."""
        return (item for queue in self._queues() for item in queue if item.alive)

    def __bool__(self) -> bool:
        return bool(self._clients.members)

    def _take(self, size: int) -> list[Item]:
        taken: list[Item] = []
        for queue in self._queues():
            while queue and len(taken) < size:
                item = queue.popleft()
                if item.alive:
                    taken.append(item)
                else:
                    self._on_leave(item)
            if len(taken) == size:
                break
        return taken

    def _charge(self, item: Item) -> None:
        client = self._clients.members[item.submission.client].content
        self._clients.charge(item.submission.client, item.length)
        client.turns.charge(item.submission, item.length)

    def _queue_of(self, item: Item) -> Queue:
        return self._clients.members[item.submission.client].content.turns.members[item.submission].content

    def _queues(self) -> Iterator[Queue]:
        """Go through the submissions of the client whose turn it is, then through the next client's."""
        for client in self._clients.in_turn():
            for submission in client.content.turns.in_turn():
                yield submission.content

    def _forget_the_served(self) -> None:
        for name, client in list(self._clients.members.items()):
            turns = client.content.turns
            for submission in [key for key, member in turns.members.items() if not member.content]:
                del turns.members[submission]
            if not turns.members:
                del self._clients.members[name]
