from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.keys import ApiKey, hash_key
from app.quotas import DAY, MINUTE, CharacterQuota, QuotaExceeded, RateLimited, RequestRate, Usage


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def key(name: str, rate: int | None = None, quota: int | None = None) -> ApiKey:
    return ApiKey(name=name, sha256=hash_key(name), requests_per_minute=rate, characters_per_day=quota)


def usage(clock: Clock, *keys: ApiKey) -> Usage:
    made = Usage(clock)
    made.configure(keys)
    return made


def test_rate_says_when_to_come_back_and_then_lets_through() -> None:
    clock = Clock()
    counters = usage(clock, key("a", rate=2))
    counters.hit("a")
    clock.now += 10
    counters.hit("a")
    with pytest.raises(RateLimited) as caught:
        counters.hit("a")
    assert caught.value.retry_after == 50
    clock.now += 50
    counters.hit("a")
    with pytest.raises(RateLimited):
        counters.hit("a")


def test_refused_request_does_not_put_off_the_next_one() -> None:
    rate = RequestRate(1)
    rate.hit(0.0)
    for second in range(1, 60):
        with pytest.raises(RateLimited):
            rate.hit(float(second))
    rate.hit(60.0)


@given(st.integers(1, 5), st.lists(st.integers(0, 100), max_size=60))
def test_no_minute_ever_holds_more_requests_than_the_limit(limit: int, steps: list[float]) -> None:
    rate, now, passed = RequestRate(limit), 0.0, list[float]()
    for step in steps:
        now += step
        due = sum(now - one < MINUTE for one in passed) < limit
        if due:
            rate.hit(now)
            passed.append(now)
        else:
            with pytest.raises(RateLimited) as caught:
                rate.hit(now)
            assert 0 < (caught.value.retry_after or 0) <= MINUTE


def test_callers_do_not_share_counters_and_others_have_none() -> None:
    counters = usage(Clock(), key("a", rate=1, quota=5), key("b", rate=1, quota=5))
    for name in ("a", "b"):
        counters.hit(name)
        with counters.charged(name, 5):
            pass
    for _ in range(1000):
        counters.hit("c")
        with counters.charged("c", 10**9):
            pass
    assert counters.used("a") == (5, 5)
    assert counters.used("c") is None
    assert len(counters._rates) == len(counters._quotas) == 2


def test_quota_is_charged_before_the_work_and_ends_with_its_day() -> None:
    clock = Clock()
    counters = usage(clock, key("a", quota=10))
    with counters.charged("a", 8):
        assert counters.used("a") == (8, 10)
        clock.now += DAY / 2
        with pytest.raises(QuotaExceeded) as caught, counters.charged("a", 3):
            raise AssertionError("must not come here")
    assert caught.value.retry_after == DAY / 2
    assert caught.value.detail == {"characters_per_day": 10, "left": 2, "asked": 3}
    with counters.charged("a", 2):
        pass
    clock.now += DAY / 2
    assert counters.used("a") == (0, 10)
    with counters.charged("a", 10):
        pass


def test_request_over_a_whole_day_is_told_to_be_smaller_not_to_wait() -> None:
    counters = usage(Clock(), key("a", quota=10))
    with pytest.raises(QuotaExceeded, match="Send less at a time") as caught, counters.charged("a", 11):
        pass
    assert caught.value.retry_after is None
    assert counters.used("a") == (0, 10)


def test_refused_request_begins_no_day() -> None:
    quota = CharacterQuota(10)
    with pytest.raises(QuotaExceeded):
        quota.charge(11, 0.0)
    quota.charge(10, DAY - 1)
    with pytest.raises(QuotaExceeded):
        quota.charge(1, DAY + 1)


def test_failed_work_is_given_back_and_abandoned_work_is_not() -> None:
    counters = usage(Clock(), key("a", quota=10))
    with pytest.raises(ValueError, match="boom"), counters.charged("a", 4):
        raise ValueError("boom")
    assert counters.used("a") == (0, 10)
    with pytest.raises(asyncio.CancelledError), counters.charged("a", 4):
        raise asyncio.CancelledError
    assert counters.used("a") == (4, 10)


def test_work_that_fails_tomorrow_is_not_given_back_to_tomorrow() -> None:
    clock = Clock()
    counters = usage(clock, key("a", quota=10))

    def long_work() -> None:
        with counters.charged("a", 6):
            clock.now += DAY
            with counters.charged("a", 7):
                pass
            raise ValueError("late")

    with pytest.raises(ValueError, match="late"):
        long_work()
    assert counters.used("a") == (7, 10)


async def test_quota_holds_among_requests_in_flight_together() -> None:
    counters = usage(Clock(), key("a", quota=100))
    done: list[int] = []

    async def request(number: int) -> None:
        with counters.charged("a", 3):
            taken = counters.used("a")
            assert taken is not None
            assert taken[0] <= 100
            await asyncio.sleep(0.001 * (number % 5))
            if number % 3 == 0:
                raise ValueError(number)
            done.append(3)

    results = await asyncio.gather(*(request(number) for number in range(200)), return_exceptions=True)
    assert counters.used("a") == (sum(done), 100)
    # 33 fit at once; only what failed made no room in time, since all 200 had asked before any ended.
    assert sum(not isinstance(one, QuotaExceeded) for one in results) == 33
    assert all(one is None or isinstance(one, QuotaExceeded | ValueError) for one in results)


def test_reload_keeps_what_has_been_counted_and_forgets_who_is_gone() -> None:
    clock = Clock()
    counters = usage(clock, key("a", rate=1, quota=10), key("b", rate=1, quota=10))
    counters.hit("a")
    with counters.charged("a", 6):
        counters.configure([key("a", rate=1, quota=8), key("new", quota=1)])
    assert counters.used("a") == (6, 8)
    assert counters.used("b") is None
    with pytest.raises(RateLimited):
        counters.hit("a")
    counters.configure([key("a", rate=2)])
    counters.hit("a")
    assert counters.used("a") is None


def test_quota_lowered_below_what_is_used_lets_nothing_through() -> None:
    counters = usage(Clock(), key("a", quota=10))
    with counters.charged("a", 9):
        pass
    counters.configure([key("a", quota=5)])
    with pytest.raises(QuotaExceeded, match="0 are left"), counters.charged("a", 1):
        pass
