"""What the machine has: CPUs of the cgroup, resident and free memory, video memory; touches psutil, NVML, /sys."""

from __future__ import annotations

import ctypes
import math
import os
import platform
from dataclasses import dataclass
from pathlib import Path

import psutil

_CGROUPS = Path("/sys/fs/cgroup")
_CPUINFO = Path("/proc/cpuinfo")


def available_cpus(cgroups: Path = _CGROUPS) -> int:
    """Return the CPUs that this process may use: its affinity, lowered by the cgroup's quota, at least 1."""
    cpus = len(os.sched_getaffinity(0))
    quota = _cpu_quota(cgroups)
    return cpus if quota is None else max(1, min(cpus, math.ceil(quota)))


def _cpu_quota(cgroups: Path) -> float | None:
    """Return the quota in CPUs, of cgroup version 2 or 1; None where there is none."""
    version_2 = [cgroups / "cpu.max"]
    version_1 = [cgroups / "cpu" / "cpu.cfs_quota_us", cgroups / "cpu" / "cpu.cfs_period_us"]
    for files in (version_2, version_1):
        try:
            quota, period = " ".join(file.read_text() for file in files).split()
            # "max" and -1 are no limit; the former is no number.
            return int(quota) / int(period) if int(quota) > 0 else None
        except (OSError, ValueError):
            continue
    return None


def processor_name(device: str, cpuinfo: Path = _CPUINFO) -> str:
    """Return the model name of the CPU, or of the card for a CUDA device; as much as the system tells."""
    if device != "cpu":
        return _card_name(device_index(device)) or "cuda"
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def memory_in_use(device: str) -> int:
    """Return bytes in use: this process's resident set for "cpu", all processes' memory for a CUDA device."""
    if device == "cpu":
        return int(psutil.Process().memory_info().rss)
    return _video_memory(device_index(device)).used


def total_memory(device: str, cgroups: Path = _CGROUPS) -> int:
    """Return the bytes that there are: what the cgroup or the machine has for "cpu", what the card has for CUDA.

    0 where a card's memory cannot be read, because the extra "gpu" is not installed.
    """
    if device != "cpu":
        return _video_memory(device_index(device)).total
    limits = [_number(cgroups / "memory.max"), _number(cgroups / "memory" / "memory.limit_in_bytes")]
    return min([psutil.virtual_memory().total, *(limit for limit in limits if limit)])


def _number(file: Path) -> int | None:
    """Return the number in a file; None where there is no file, or "max" in it."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def device_index(device: str) -> int:
    """Return N of "cuda:N", 0 for a device without a number."""
    _, _, index = device.partition(":")
    return int(index or 0)


def return_free_memory() -> None:
    """Ask glibc to hand freed heap pages back to the system; elsewhere there is no such call."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@dataclass(frozen=True, slots=True)
class _VideoMemory:
    used: int = 0
    total: int = 0


def _video_memory(index: int) -> _VideoMemory:
    try:
        import pynvml
    except ImportError:
        return _VideoMemory()
    pynvml.nvmlInit()
    try:
        info = pynvml.nvmlDeviceGetMemoryInfo(pynvml.nvmlDeviceGetHandleByIndex(index))
        return _VideoMemory(int(info.used), int(info.total))
    finally:
        pynvml.nvmlShutdown()


def _card_name(index: int) -> str:
    """Return what NVML calls a card; "" where it cannot be asked, as a name is nothing to fail for."""
    try:
        import pynvml
    except ImportError:
        return ""
    try:
        pynvml.nvmlInit()
        name = pynvml.nvmlDeviceGetName(pynvml.nvmlDeviceGetHandleByIndex(index))
        pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return ""
    return str(name)
