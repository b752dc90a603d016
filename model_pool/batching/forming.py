"""Which queued items make the next batch: window, length sort, padded-token budget; pure.

The item whose turn it is always leaves with the batch that is formed now, and brings along its neighbours in length,
so no length starves.
"""

from __future__ import annotations

from dataclasses import dataclass

from model_pool.batching.items import Item


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How large a batch may grow.

    max_items: segments a batch.
    max_tokens: padded source tokens a batch, (segments) x (longest); a single segment may exceed it.
    window: how many segments, in the order of their turns, to look at for some of like length and equal options.
    max_queued_tokens: source tokens that may wait; what does not fit behind others is refused.
    """

    max_items: int = 32
    max_tokens: int = 1024
    window: int = 256
    max_queued_tokens: int = 1_000_000


def form_batch(window: list[Item], limits: BatchLimits, *, share: int) -> list[Item]:
    """Return the batch to compute now out of the items whose turn is next, at most `share` of them.

    The first is always in it, with those neighbours in length that have the same options and fit the budget.
    Work that stands twice in the window, because two submissions want it, is taken once. A first one whose submission
    would fit into one batch travels with others of that kind only: bulk that filled its batch up would make it late.
    """
    options, is_small = window[0].work.options, window[0].submission.size <= limits.max_items
    seen: set[int] = set()
    candidates: list[Item] = []
    for item in window:
        if is_small and item.submission.size > limits.max_items:
            continue
        if item.work.options == options and id(item.work) not in seen:
            seen.add(id(item.work))
            candidates.append(item)
    return _pack(candidates, max_items=min(limits.max_items, share), max_tokens=limits.max_tokens)


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
