"""What the tests on a card share: the reason to skip, a full card, sentences; touches the CUDA driver."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import ctranslate2
import pytest

from model_pool.devices import free_video_memory
from model_pool.nvidia import open_card

CARD = "cuda"
MEBIBYTE = 2**20

needs_card = pytest.mark.skipif(
    not ctranslate2.get_cuda_device_count(),
    reason="no CUDA device: CTranslate2 sees none (no card, no driver for CUDA 12, or CUDA_VISIBLE_DEVICES is empty)",
)
needs_nvml = pytest.mark.skipif(
    ctranslate2.get_cuda_device_count() > 0 and not free_video_memory(CARD),
    reason="no figures on video memory: install the extra gpu (nvidia-ml-py), see docs/gpu.md",
)

ENGLISH = (
    "The weather is nice today.",
    "Shall we walk?",
    "The house is red and the garden is green.",
    "She bought three books at the market yesterday.",
    "Please close the window before you leave the room.",
    "The train to the city leaves at eight in the morning.",
    "My brother works in a hospital near the river.",
    "We have not seen each other for a long time.",
)


@contextmanager
def full_card(spare: int) -> Iterator[None]:
    """Take all of the first card's free memory but about `spare` bytes, for the length of a block."""
    open_card(0)
    driver, context, device = ctypes.CDLL("libcuda.so.1"), ctypes.c_void_p(), ctypes.c_int()
    assert driver.cuInit(0) == driver.cuDeviceGet(ctypes.byref(device), 0) == 0
    assert driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), device) == 0
    assert driver.cuCtxPushCurrent_v2(context) == 0
    blocks = _fill(driver, spare)
    try:
        yield
    finally:
        for block in blocks:
            driver.cuMemFree_v2(block)
        driver.cuCtxPopCurrent_v2(ctypes.byref(context))
        driver.cuDevicePrimaryCtxRelease_v2(device)


def _fill(driver: ctypes.CDLL, spare: int) -> list[ctypes.c_uint64]:
    """Allocate in ever smaller blocks: the free memory may lie in several pieces."""
    blocks, size = [], free_video_memory(CARD)
    while size >= 8 * MEBIBYTE:
        block = ctypes.c_uint64()
        left = free_video_memory(CARD) - spare
        if left >= size and driver.cuMemAlloc_v2(ctypes.byref(block), ctypes.c_size_t(size)) == 0:
            blocks.append(block)
        else:
            size //= 2
    return blocks
