"""How many of our CPUs other processes took meanwhile: a measurement beside them holds for their company only."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import psutil

from model_pool.devices import available_cpus

DISTURBING = 0.1
"""Part of our CPUs; what others take beyond it is told."""


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds so far, of the whole machine and of this process, and when that was."""

    at: float
    machine: float
    own: float

    @classmethod
    def now(cls) -> Usage:
        """Read the counters."""
        times, own = psutil.cpu_times(), psutil.Process().cpu_times()
        # Steal is what other machines on the same host took.
        idle = times.idle + getattr(times, "iowait", 0.0)
        guest = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # counted in user and nice already
        return cls(perf_counter(), sum(times) - idle - guest, own.user + own.system)


def taken(before: Usage, after: Usage, *, cpus: int, machine_cpus: int) -> float:
    """Return how many of our `cpus` others used on average; CPUs of the machine that we may not use are theirs."""
    seconds = max(after.at - before.at, 1e-9)
    others = ((after.machine - before.machine) - (after.own - before.own)) / seconds
    return min(float(cpus), max(0.0, others - (machine_cpus - cpus)))


def taken_since(before: Usage) -> float:
    """Return how many of our CPUs others have used on average since `before`."""
    return taken(before, Usage.now(), cpus=available_cpus(), machine_cpus=psutil.cpu_count() or 1)
