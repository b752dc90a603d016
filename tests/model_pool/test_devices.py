from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from model_pool.devices import (
    available_cpus,
    device_index,
    memory_in_use,
    processor_name,
    return_free_memory,
    total_memory,
)


@pytest.mark.parametrize(("content", "cpus"), [("50000 100000", 1), ("100000 100000", 1), ("max 100000", None)])
def test_cgroup_quota_lowers_the_cpus(tmp_path: Path, content: str, cpus: int | None) -> None:
    (tmp_path / "cpu.max").write_text(content)
    assert available_cpus(tmp_path) == (cpus or len(os.sched_getaffinity(0)))


@pytest.mark.parametrize(("quota", "cpus"), [("50000\n", 1), ("100000\n", 1), ("-1\n", None)])
def test_quota_of_the_first_cgroup_version_is_read_too(tmp_path: Path, quota: str, cpus: int | None) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota)
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert available_cpus(tmp_path) == (cpus or len(os.sched_getaffinity(0)))


def test_absent_or_odd_quota_leaves_the_affinity(tmp_path: Path) -> None:
    assert available_cpus(tmp_path) == len(os.sched_getaffinity(0))
    (tmp_path / "cpu.max").write_text("gibberish")
    assert available_cpus(tmp_path) == len(os.sched_getaffinity(0))


def test_memory_in_use_follows_an_allocation() -> None:
    before = memory_in_use("cpu")
    block = bytearray(64 * 2**20)
    block[::4096] = b"x" * len(block[::4096])
    assert memory_in_use("cpu") - before > 48 * 2**20
    del block
    return_free_memory()
    assert memory_in_use("cpu") - before < 48 * 2**20


def test_device_index_is_the_number_behind_the_colon() -> None:
    assert [device_index(device) for device in ("cpu", "cuda", "cuda:3")] == [0, 0, 3]


@pytest.mark.parametrize("file", ["memory.max", "memory/memory.limit_in_bytes"])
def test_memory_limit_of_the_cgroup_is_what_there_is(tmp_path: Path, file: str) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / file).write_text("1000000\n")
    assert total_memory("cpu", tmp_path) == 1_000_000


@pytest.mark.parametrize("content", ["max\n", "9223372036854771712\n"])
def test_without_a_limit_the_machines_memory_is_what_there_is(tmp_path: Path, content: str) -> None:
    (tmp_path / "memory.max").write_text(content)
    assert total_memory("cpu", tmp_path) == psutil.virtual_memory().total


def test_processor_is_named_as_the_system_names_it(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Abacus 3000\n\nmodel name\t: other\n")
    assert processor_name("cpu", tmp_path / "cpuinfo") == "Abacus 3000"


def test_processor_that_the_system_does_not_name_still_has_a_name(tmp_path: Path) -> None:
    assert processor_name("cpu", tmp_path / "absent")
    assert processor_name("cuda:7")
