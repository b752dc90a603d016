from __future__ import annotations

import asyncio

import pytest

from app.jobs.patience import patiently
from model_pool.errors import DeviceLost, LeaseRevoked, LoadFailed, PoolClosed, PoolError, PoolSaturated, QueueFull


class Impatient:
    """Fails with each error in turn, then succeeds."""

    def __init__(self, *errors: PoolError) -> None:
        self.errors = list(errors)

    async def __call__(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.fixture
async def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let time pass at once, and say how much."""
    slept: list[float] = []
    loop = asyncio.get_running_loop()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("app.jobs.patience.asyncio.sleep", sleep)
    monkeypatch.setattr(loop, "time", lambda: 100.0 + sum(slept))
    return slept


async def test_what_will_pass_is_waited_out_for_as_long_as_it_says(slept: list[float]) -> None:
    work = Impatient(
        QueueFull("full", retry_after=7.0),
        PoolSaturated("full", retry_after=0.1),
        LoadFailed("failed", retry_after=30.0),
        LeaseRevoked("revoked"),
        DeviceLost("lost"),
    )
    assert await patiently(work) == "done"
    assert slept == [7.0, 1.0, 30.0, 1.0, 1.0]


@pytest.mark.parametrize("error", [PoolSaturated("too large for ever"), PoolClosed("closed"), PoolError("else")])
async def test_what_will_not_pass_is_raised_at_once(slept: list[float], error: PoolError) -> None:
    with pytest.raises(type(error)):
        await patiently(Impatient(error))
    assert slept == []


async def test_patience_ends(slept: list[float]) -> None:
    with pytest.raises(QueueFull):
        await patiently(Impatient(*[QueueFull("full", retry_after=10.0)] * 100), patience=95.0)
    assert len(slept) == 9
