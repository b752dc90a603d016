from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from app.concurrency import in_order


async def test_results_come_in_order_however_long_each_takes() -> None:
    async def wait(number: int) -> int:
        await asyncio.sleep(0.01 * (5 - number))
        return number

    assert [one async for one in in_order((wait(number) for number in range(5)), ahead=3)] == [0, 1, 2, 3, 4]


async def test_no_more_begin_than_are_allowed_ahead() -> None:
    begun: list[int] = []

    async def begin(number: int) -> int:
        begun.append(number)
        return number

    async with aclosing(in_order((begin(number) for number in range(9)), ahead=3)) as results:
        assert await anext(results) == 0
        assert begun == [0, 1, 2]
        assert await anext(results) == 1
        await asyncio.sleep(0)
        assert begun == [0, 1, 2, 3]


async def test_error_comes_in_its_place_and_ends_the_others() -> None:
    ended: list[int] = []

    async def work(number: int) -> int:
        try:
            await asyncio.sleep(60 if number > 1 else 0)
            if number == 1:
                raise LookupError(number)
            return number
        finally:
            ended.append(number)

    results = in_order((work(number) for number in range(4)), ahead=4)
    assert await anext(results) == 0
    with pytest.raises(LookupError):
        await anext(results)
    assert sorted(ended) == [0, 1, 2, 3]


async def test_what_nobody_waits_for_any_more_is_ended() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def nothing() -> None: ...

    async with aclosing(in_order([nothing(), work()], ahead=2)) as results:
        await anext(results)
    assert ended.is_set()
