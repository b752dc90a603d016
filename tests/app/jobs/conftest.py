from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.jobs import DocumentJobs
from tests.app.conftest import BOTH, Configure
from tests.app.jobs.house import House, build
from tests.fakes import documents

Opened = Callable[[House], Any]


@pytest.fixture(autouse=True)
def formats(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Read `.txt` with the fake; its `!hold` looks for the file `go` in the working directory."""
    monkeypatch.setitem(sys.modules, documents.MODULE, sys.modules[documents.__name__])
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def house(configure: Configure, tmp_path: Path) -> House:
    return build(configure(tiers={"basic": BOTH}), tmp_path / "data")


@asynccontextmanager
async def started(house: House) -> AsyncIterator[DocumentJobs]:
    """Run documents for the length of a block."""
    jobs = house.open()
    jobs.start()
    try:
        yield jobs
    finally:
        await jobs.close(5.0)
