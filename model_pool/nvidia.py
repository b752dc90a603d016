"""What NVIDIA's driver says of its cards: memory in use, how many there are; touches NVML and libcuda.

CUDA counts the cards that CUDA_VISIBLE_DEVICES leaves, fastest first; NVML counts all of them by their place on the
bus. So a card is looked up by CUDA's number, named by its bus id, and measured by that name.
Everything answers with zeros where driver or library are missing: then there is nothing to measure.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any

_BUS_ID_BYTES = 32


@dataclass(frozen=True, slots=True)
class VideoMemory:
    """Bytes of one card, used by all processes together."""

    used: int = 0
    total: int = 0

    @property
    def free(self) -> int:
        """Bytes that nobody uses."""
        return self.total - self.used


def video_memory(index: int) -> VideoMemory:
    """Return the memory of CUDA's card `index`; zeros where NVML (the extra "gpu") or the card is not there."""
    info = _ask(index, "nvmlDeviceGetMemoryInfo")
    return VideoMemory() if info is None else VideoMemory(int(info.used), int(info.total))


def card_name(index: int) -> str:
    """Return what NVML calls a card, "" where it cannot be asked."""
    return str(_ask(index, "nvmlDeviceGetName") or "")


def card_count() -> int:
    """Return how many cards CUDA shows to this process."""
    driver, count = _driver(), ctypes.c_int()
    return count.value if driver is not None and _done(driver.cuDeviceGetCount(ctypes.byref(count))) else 0


@cache
def open_card(index: int) -> None:
    """Make CUDA's context on a card and keep it: hundreds of megabytes that belong to no replica."""
    driver, context = _driver(), ctypes.c_void_p()
    if driver is not None and (device := _device(driver, index)) is not None:
        driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), device)


def _ask(index: int, function: str) -> Any:  # noqa: ANN401 - whatever NVML answers
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    try:
        bus_id = _bus_id(index)
        by_bus = pynvml.nvmlDeviceGetHandleByPciBusId
        return getattr(pynvml, function)(by_bus(bus_id) if bus_id else pynvml.nvmlDeviceGetHandleByIndex(index))
    except pynvml.NVMLError:
        return None
    finally:
        pynvml.nvmlShutdown()


def _bus_id(index: int) -> bytes | None:
    driver = _driver()
    device = None if driver is None else _device(driver, index)
    if driver is None or device is None:
        return None
    name = ctypes.create_string_buffer(_BUS_ID_BYTES)
    return name.value if _done(driver.cuDeviceGetPCIBusId(name, _BUS_ID_BYTES, device)) else None


def _device(driver: Any, index: int) -> ctypes.c_int | None:  # noqa: ANN401 - a C library has no types
    device = ctypes.c_int()
    return device if _done(driver.cuDeviceGet(ctypes.byref(device), index)) else None


@cache
def _driver() -> Any | None:  # noqa: ANN401
    """Return the CUDA driver's library, ready for use; None where there is none, or no card."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    return driver if _done(driver.cuInit(0)) else None


def _done(status: int) -> bool:
    return status == 0
