"""What the machine has: CPUs of the cgroup, resident and free memory, video memory; touches psutil, NVML, /sys."""

from __future__ import annotations

import ctypes
import math
import os
from pathlib import Path

import psutil

_CGROUP_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")


def available_cpus(cpu_max: Path = _CGROUP_CPU_MAX) -> int:
    """Return the CPUs that this process may use: its affinity, lowered by the cgroup's quota, at least 1."""
    cpus = len(os.sched_getaffinity(0))
    try:
        quota, period = cpu_max.read_text().split()
    except (OSError, ValueError):
        return cpus
    if quota == "max":
        return cpus
    return max(1, min(cpus, math.ceil(int(quota) / int(period))))


def memory_in_use(device: str) -> int:
    """Return bytes in use: this process's resident set for "cpu", all processes' memory for a CUDA device."""
    if device == "cpu":
        return int(psutil.Process().memory_info().rss)
    return _video_memory_in_use(device_index(device))


def device_index(device: str) -> int:
    """Return N of "cuda:N", 0 for a device without a number."""
    _, _, index = device.partition(":")
    return int(index or 0)


def return_free_memory() -> None:
    """Ask glibc to hand freed heap pages back to the system; elsewhere there is no such call."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _video_memory_in_use(index: int) -> int:
    try:
        import pynvml
    except ImportError:
        return 0
    pynvml.nvmlInit()
    try:
        return int(pynvml.nvmlDeviceGetMemoryInfo(pynvml.nvmlDeviceGetHandleByIndex(index)).used)
    finally:
        pynvml.nvmlShutdown()
