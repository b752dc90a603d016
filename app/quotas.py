"""How often and how much each caller may ask: requests per minute, characters per day; counters in memory, pure."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from app.errors import RequestError
from app.keys import ApiKey

Clock = Callable[[], float]

MINUTE = 60.0
DAY = 86_400.0


class RateLimited(RequestError):
    """The key has made its requests of this minute."""

    code = "rate_limited"
    status = 429


class QuotaExceeded(RequestError):
    """The key has used its characters of this day, or the request alone is more than a day's."""

    code = "quota_exceeded"
    status = 429


class RequestRate:
    """At most `limit` requests in any 60 seconds: exact, at the price of one number per request remembered."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._times: deque[float] = deque(maxlen=limit)

    def hit(self, now: float) -> None:
        """Count one request. Raises RateLimited, and then counts nothing."""
        if len(self._times) == self.limit and (wait := self._times[0] + MINUTE - now) > 0:
            raise RateLimited(
                f"This key may make {self.limit} requests per minute. Try again in {wait:.0f} s.",
                detail={"requests_per_minute": self.limit},
                retry_after=wait,
            )
        self._times.append(now)  # at full length the oldest leaves


class CharacterQuota:
    """At most `limit` characters a day. A day begins with its first charge and lasts 24 hours, whatever the date."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = 0
        self._ends = 0.0
        self._day = 0

    def used(self, now: float) -> int:
        """Return the characters taken from the day that `now` is in."""
        return self._used if now < self._ends else 0

    def check(self, now: float) -> None:
        """Raise QuotaExceeded where nothing is left."""
        if self.used(now) >= self.limit:
            raise self._exceeded(1, now)

    def charge(self, characters: int, now: float) -> int:
        """Take characters and return the day they were taken from. Raises QuotaExceeded, and then takes nothing."""
        used = self.used(now)
        if used + characters > self.limit:
            raise self._exceeded(characters, now)
        if now >= self._ends:
            self._ends = now + DAY
            self._day += 1
        self._used = used + characters
        return self._day

    def refund(self, characters: int, day: int) -> None:
        """Give characters back to the day they were taken from, unless it is over."""
        if day == self._day:
            self._used -= characters

    def _exceeded(self, characters: int, now: float) -> QuotaExceeded:
        left = max(0, self.limit - self.used(now))
        # Waiting does not help a request that is more than a whole day's.
        retry_after = max(0.0, self._ends - now) if characters <= self.limit else None
        remedy = "Try again later" if retry_after else "Send less at a time"
        return QuotaExceeded(
            f"This key may translate {self.limit} characters per day; {left} are left, the request has {characters}. "
            f"{remedy}.",
            detail={"characters_per_day": self.limit, "left": left, "asked": characters},
            retry_after=retry_after,
        )


class Usage:
    """Counters of all callers, by name. Only configured keys have any, so no client can make it grow."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._rates: dict[str, RequestRate] = {}
        self._quotas: dict[str, CharacterQuota] = {}

    def configure(self, keys: Iterable[ApiKey]) -> None:
        """Count for these keys from now on; who stays under the same limit keeps what has been counted."""
        rates, quotas = {}, {}
        for key in keys:
            if key.requests_per_minute:
                rates[key.name] = self._rate(key.name, key.requests_per_minute)
            if key.characters_per_day:
                quotas[key.name] = self._quota(key.name, key.characters_per_day)
        self._rates, self._quotas = rates, quotas

    def hit(self, name: str) -> None:
        """Count a request. Raises RateLimited."""
        if (rate := self._rates.get(name)) is not None:
            rate.hit(self._clock())

    def check(self, name: str) -> None:
        """Raise QuotaExceeded where nothing of the day is left: for work whose characters are not known yet."""
        if (quota := self._quotas.get(name)) is not None:
            quota.check(self._clock())

    @contextmanager
    def charged(self, name: str, characters: int) -> Iterator[None]:
        """Charge for the work inside before it begins. Raises QuotaExceeded.

        What fails is given back. A client that hangs up pays: its work may have been done.
        """
        quota = self._quotas.get(name)
        if quota is None:
            yield
            return
        day = quota.charge(characters, self._clock())
        try:
            yield
        except Exception:
            quota.refund(characters, day)
            raise

    def used(self, name: str) -> tuple[int, int] | None:
        """Return characters used of this day and the limit; None for a caller without a quota."""
        quota = self._quotas.get(name)
        return None if quota is None else (quota.used(self._clock()), quota.limit)

    def _rate(self, name: str, limit: int) -> RequestRate:
        old = self._rates.get(name)
        return old if old is not None and old.limit == limit else RequestRate(limit)

    def _quota(self, name: str, limit: int) -> CharacterQuota:
        quota = self._quotas.get(name) or CharacterQuota(limit)
        quota.limit = limit
        return quota
