"""Which settings are worth trying on a machine: a coarse grid, then the neighbours of what did well; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from model_pool.engines.threads import MAX_INTRA_THREADS, ThreadPlan
from model_pool.tuning.plan import Setting

_COARSE_ITEMS = {"cpu": (8, 32), "cuda": (16, 64)}
_INTERS_OF_A_CARD = (1, 2)


def thread_plans(*, device: str, cpus: int) -> list[ThreadPlan]:
    """Return the ways to spend the CPUs: all of them in batches of 1, 2, 4 ... threads, one left over, and half.

    On a card the number of batches at a time is all that there is to choose.
    """
    if device != "cpu":
        return [ThreadPlan(inter, 1) for inter in _INTERS_OF_A_CARD]
    intras = [intra for intra in (1, 2, 4, MAX_INTRA_THREADS) if intra <= cpus]
    plans = [ThreadPlan(cpus // intra, intra) for intra in intras]
    return list(dict.fromkeys([*plans, ThreadPlan(max(1, cpus - 1), 1), ThreadPlan(max(1, cpus // 2), 1)]))


def coarse(ruled: Setting, *, device: str, cpus: int, waiting: int) -> list[Setting]:
    """Return the first settings to try, the rule's first. No batch is larger than what waits."""
    kind = device.partition(":")[0]
    items = [ruled.max_items, *(min(one, waiting) for one in _COARSE_ITEMS[kind])]
    plans = thread_plans(device=device, cpus=cpus)
    grid = [Setting(plan.inter, plan.intra, one, ruled.max_tokens) for plan in plans for one in items]
    return list(dict.fromkeys([ruled, *grid]))


def refined(best: Iterable[Setting], tried: Sequence[Setting], *, waiting: int, longest: int) -> list[Setting]:
    """Return the neighbours of the best settings that have not been tried.

    longest: source tokens of the longest sentence; a token budget that no batch can reach is not varied.
    """
    found: dict[Setting, None] = {}
    for one in best:
        for items in (one.max_items // 2, one.max_items * 3 // 4, one.max_items * 2):
            if 1 <= items <= waiting:
                found[replace(one, max_items=items)] = None
        for tokens in (one.max_tokens // 2, one.max_tokens * 2):
            if min(tokens, one.max_tokens) < one.max_items * longest and tokens >= longest:
                found[replace(one, max_tokens=tokens)] = None
    return [one for one in found if one not in tried]
