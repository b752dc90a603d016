"""Which queued items make the next batch: window, length sort, padded-token budget; pure.

The oldest item always leaves with the batch that is formed now, and brings along its neighbours in length.
So no length starves: an item's age is its place in the queue, and every batch moves the head on.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from model_pool.batching.items import Item


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How large a batch may grow.

    max_items: segments a batch.
    max_tokens: padded source tokens a batch, (segments) x (longest); a single segment may exceed it.
    window: how many queued segments to look at for some of like length and equal options.
    """

    max_items: int = 32
    max_tokens: int = 1024
    window: int = 256


def form_batch(queue: deque[Item], limits: BatchLimits, *, free_slots: int) -> list[Item]:
    """Take the next batch out of `queue`; empty where nobody in it is waiting any more.

    Items that nobody waits for are dropped on the way. What is taken is at most a fair share of the queue for
    each of the `free_slots` callers of the engine, so that none of them idles while another has a long batch.
    """
    window = _take_living(queue, limits.window)
    if not window:
        return []
    share = -(-(len(window) + len(queue)) // free_slots)
    alike = [item for item in window if item.options == window[0].options]
    batch = _pack(alike, max_items=min(limits.max_items, share), max_tokens=limits.max_tokens)
    chosen = set(map(id, batch))
    queue.extendleft(item for item in reversed(window) if id(item) not in chosen)
    return batch


def _take_living(queue: deque[Item], size: int) -> list[Item]:
    """Take up to `size` items that somebody waits for, oldest first."""
    taken: list[Item] = []
    while queue and len(taken) < size:
        item = queue.popleft()
        if item.alive:
            taken.append(item)
    return taken


def _pack(window: list[Item], *, max_items: int, max_tokens: int) -> list[Item]:
    """Return the head of the window and as many neighbours in length as fit, nearest length first."""
    head = window[0]
    by_length = sorted(window, key=lambda item: item.length)
    low = high = next(place for place, item in enumerate(by_length) if item is head)
    while high - low + 1 < max_items:
        shorter = by_length[low - 1] if low else None
        longer = by_length[high + 1] if high + 1 < len(by_length) else None
        size = high - low + 2
        longer_fits = longer is not None and size * longer.length <= max_tokens
        shorter_fits = shorter is not None and size * by_length[high].length <= max_tokens
        if longer_fits and longer is not None and not (shorter_fits and _nearer(head, shorter, longer)):
            high += 1
        elif shorter_fits:
            low -= 1
        else:
            break
    return by_length[low : high + 1]


def _nearer(head: Item, shorter: Item | None, longer: Item) -> bool:
    return shorter is not None and head.length - shorter.length <= longer.length - head.length
