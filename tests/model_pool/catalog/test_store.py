"""Registration under kill -9, and several processes at once."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.references import HubReference
from tests.model_pool.catalog.conftest import make_checkpoint

ROOT = Path(__file__).parents[3]


def test_kill_9_at_any_step_of_a_registration_leaves_the_catalog_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.model_pool.catalog.crashing", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 30


def test_registrations_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    def register(number: int) -> None:
        catalog = Catalog(tmp_path)
        with catalog.staging() as staged:
            make_checkpoint(staged, weights=str(number).encode())
            catalog.register(staged, [HubReference(f"org/name{number}")])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(register, range(24)))
    catalog = Catalog(tmp_path)
    for number in range(24):
        checkpoint = catalog.resolve(f"org/name{number}")
        assert (checkpoint.path / "model.bin").read_bytes() == str(number).encode()
    assert list((tmp_path / "staging").iterdir()) == []


def test_a_living_process_keeps_its_staging_directory(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    with catalog.staging() as mine:
        make_checkpoint(mine, weights=b"mine")
        with Catalog(tmp_path).staging() as other:
            make_checkpoint(other, weights=b"other")
            catalog.register(other, [HubReference("org/other")])
        catalog.register(mine, [HubReference("org/mine")]).verify()
