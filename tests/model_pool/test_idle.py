from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from model_pool.idle import IdleTrim


class Clock:
    """As much of an event loop as `IdleTrim` needs, with a time of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], None]) -> Callable[[], None]:
        self.timers.append((self.now + delay, callback))
        return callback

    def run_in_executor(self, _: object, work: Callable[[], None]) -> None:
        work()

    def advance(self, to: float) -> None:
        while self.timers and min(when for when, _ in self.timers) <= to:
            due = min(self.timers, key=lambda timer: timer[0])
            self.timers.remove(due)
            self.now = due[0]
            due[1]()
        self.now = to


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def given_back() -> list[float]:
    return []


@pytest.fixture
def trim(clock: Clock, given_back: list[float]) -> IdleTrim:
    loop = cast("asyncio.AbstractEventLoop", clock)
    return IdleTrim(loop, 5.0, lambda: given_back.append(clock.now))


def test_memory_is_given_back_once_it_has_been_idle_long_enough(
    clock: Clock, trim: IdleTrim, given_back: list[float]
) -> None:
    trim.used()
    clock.advance(100.0)
    assert given_back == [5.0]


def test_a_batch_in_between_puts_it_off_and_starts_no_second_timer(
    clock: Clock, trim: IdleTrim, given_back: list[float]
) -> None:
    for moment in range(10):
        clock.advance(float(moment))
        trim.used()
        assert len(clock.timers) == 1
    clock.advance(100.0)
    assert given_back == [14.0]


def test_it_is_given_back_after_every_burst(clock: Clock, trim: IdleTrim, given_back: list[float]) -> None:
    trim.used()
    clock.advance(20.0)
    trim.used()
    clock.advance(40.0)
    assert given_back == [5.0, 25.0]


async def test_nothing_is_given_back_after_it_was_closed() -> None:
    given: list[Any] = []
    trim = IdleTrim(asyncio.get_running_loop(), 0.0, lambda: given.append(1))
    trim.used()
    trim.close()
    await asyncio.sleep(0.01)
    assert not given
