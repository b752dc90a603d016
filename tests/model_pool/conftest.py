from __future__ import annotations

from pathlib import Path

import pytest

from model_pool.catalog.catalog import Catalog


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """A catalog with nothing but the embedded checkpoints."""
    return Catalog(tmp_path / "data")
