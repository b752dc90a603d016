"""`Load`: sends requests to a server and times the answers; starts `benchmarks.generator` for each run."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from benchmarks.servers import ROOT

GRACE = 120.0
"""Seconds that requests in flight get after the last one was sent."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to send, and how.

    bodies: sent in this order, round and round, from number `first` on.
    rate: requests/s of the open loop; 0 is the closed loop.
    warmup, seconds: requests that end during the warm-up are not counted; after both nothing more is sent.
    """

    port: int
    path: str
    bodies: Sequence[str]
    content_type: str
    connections: int
    seconds: float
    warmup: float
    rate: float = 0.0
    first: int = 0


@dataclass(slots=True)
class Result:
    """samples: (start on the monotonic clock, latency) of each answer of status 200, both in seconds, by its end."""

    begin: float = 0.0
    end: float = 0.0
    sent: int = 0
    cached: int = 0
    cpu_share: float = 0.0
    samples: list[tuple[float, float]] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Answers per second that arrived between `begin` and `end`."""
        return sum(self.begin <= start + latency <= self.end for start, latency in self.samples) / (
            self.end - self.begin
        )

    def latencies(self, *, until: float = math.inf) -> list[float]:
        """Return the latencies, in milliseconds, of the requests that started between `begin` and `until`."""
        return [1000 * latency for start, latency in self.samples if self.begin <= start <= until]

    def percentile(self, percent: float, *, until: float = math.inf) -> float:
        """Return a percentile of `latencies`; NaN where there are none."""
        ordered = sorted(self.latencies(until=until))
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else math.nan


def native_bodies(texts: Sequence[str | Sequence[str]], source: str, target: str) -> list[str]:
    """Return the body of `POST /translate` for each text, or list of texts."""
    return [json.dumps({"text": text, "source_language": source, "target_language": target}) for text in texts]


class Load:
    """A place to send to. Each run goes on where the one before stopped, so no body repeats before all were sent."""

    def __init__(self, port: int, path: str, bodies: Sequence[str], content_type: str = "application/json") -> None:
        self._target = (port, path, tuple(bodies), content_type)
        self._first = 0

    def run(self, connections: int, seconds: float, *, warmup: float = 1.0, rate: float = 0.0) -> Result:
        """Run the generator to its end. Raises RuntimeError with its words where it fails."""
        job = Job(*self._target, connections, seconds, warmup, rate, self._first)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.generator"],
            input=json.dumps(asdict(job)).encode(),
            capture_output=True,
            cwd=ROOT,
            timeout=seconds + warmup + GRACE + 30,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the load generator failed:\n{done.stderr.decode(errors='replace')}")
        result = Result(**json.loads(done.stdout))
        self._first += result.sent
        return result
