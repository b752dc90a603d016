"""Cards are found and measured through fakes of NVML and of the driver, here as on a machine that has the real ones."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest

from model_pool import nvidia
from model_pool.devices import canonical_device, known_devices, memory_in_use, total_memory


class FakeDriver:
    """Two cards, which CUDA counts the other way round than the bus."""

    BUS_IDS = (b"0000:41:00.0", b"0000:01:00.0")

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.opened: list[int] = []

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802, ANN401 - as the driver has it
        count._obj.value = len(self.BUS_IDS)
        return self.status

    def cuDeviceGet(self, device: Any, index: int) -> int:  # noqa: N802, ANN401
        device._obj.value = index
        return 0 if index < len(self.BUS_IDS) else 101

    def cuDeviceGetPCIBusId(self, name: Any, size: int, device: ctypes.c_int) -> int:  # noqa: N802, ANN401
        assert size == len(name)
        name.value = self.BUS_IDS[device.value]
        return self.status

    def cuDevicePrimaryCtxRetain(self, context: Any, device: ctypes.c_int) -> int:  # noqa: N802, ANN401
        self.opened.append(device.value)
        return self.status


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDriver]:
    fake = FakeDriver()
    monkeypatch.setattr(nvidia, "_driver", lambda: fake)
    nvidia.open_card.cache_clear()
    yield fake
    nvidia.open_card.cache_clear()


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> None:
    """By bus id a card's memory is read off the bus, by index off the place in NVML's own order."""
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlShutdown", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByPciBusId", lambda bus_id: int(bus_id[5:7], 16))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda index: 1000 + index)
    monkeypatch.setattr(
        pynvml, "nvmlDeviceGetMemoryInfo", lambda handle: SimpleNamespace(used=handle, total=10 * handle)
    )


@pytest.mark.usefixtures("nvml", "driver")
def test_card_is_the_one_that_cuda_means_and_not_that_of_nvmls_order() -> None:
    assert (memory_in_use("cuda"), total_memory("cuda")) == (0x41, 10 * 0x41)
    assert memory_in_use("cuda:1") == 0x01


@pytest.mark.usefixtures("nvml")
def test_without_the_drivers_library_the_number_is_nvmls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvidia, "_driver", lambda: None)
    assert memory_in_use("cuda:1") == 1001


@pytest.mark.parametrize("broken", ["nvmlInit", "nvmlDeviceGetHandleByPciBusId", "nvmlDeviceGetMemoryInfo"])
@pytest.mark.usefixtures("nvml", "driver")
def test_what_nvml_does_not_say_is_nothing_and_no_failed_load(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def fail(*_: object) -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, broken, fail)
    assert nvidia.video_memory(0) == nvidia.VideoMemory()


@pytest.mark.usefixtures("driver")
def test_every_card_has_a_budget_before_a_tier_asks_for_it() -> None:
    assert known_devices() == ["cpu", "cuda", "cuda:1"]


def test_machine_without_cards_has_the_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvidia, "_driver", lambda: None)
    assert known_devices() == ["cpu"]


def test_context_is_made_once_a_card(driver: FakeDriver) -> None:
    for index in (1, 1, 0):
        nvidia.open_card(index)
    assert driver.opened == [1, 0]


def test_context_of_a_card_that_is_not_there_is_left_to_the_load_to_complain_of(driver: FakeDriver) -> None:
    nvidia.open_card(7)
    assert driver.opened == []


def test_device_has_one_name() -> None:
    assert [canonical_device(name) for name in ("cpu", "cuda", "cuda:0", "cuda:01", "cuda:12")] == [
        "cpu",
        "cuda",
        "cuda",
        "cuda:1",
        "cuda:12",
    ]
