"""Much small work on the event loop, without keeping others waiting; touches the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def in_turns(work: Callable[[A], B], items: Sequence[A], *, at_once: int) -> list[B]:
    """Map `work` over items and let the loop turn after every `at_once` of them, which shall take about 2 ms."""
    if len(items) <= at_once:
        return list(map(work, items))
    done: list[B] = []
    for start in range(0, len(items), at_once):
        if start:
            await asyncio.sleep(0)
        done += map(work, items[start : start + at_once])
    return done
