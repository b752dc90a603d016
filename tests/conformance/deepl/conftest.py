"""The real server on a loopback port, over the embedded checkpoints, for clients that know nothing of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.keys import hash_key, new_key
from app.settings import load_settings
from tests.app.conftest import override
from tests.conformance.serving import serving
from tests.fakes import documents

PYTHON, NODE, WIRE, SPENT, HASTY, MONITOR = (new_key() for _ in range(6))
_KEYS = [
    # one for each module of tests, which so sees its own glossaries alone
    {"name": "python", "sha256": hash_key(PYTHON)},
    {"name": "node", "sha256": hash_key(NODE)},
    {"name": "wire", "sha256": hash_key(WIRE)},
    {"name": "spent", "sha256": hash_key(SPENT), "characters_per_day": 20},
    {"name": "hasty", "sha256": hash_key(HASTY), "requests_per_minute": 1},
    {"name": "monitor", "sha256": hash_key(MONITOR), "scopes": ["monitor"]},
]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Have `.txt` read by tests/fakes/documents.py; what it says to hold waits for `go` in the directory returned."""
    monkeypatch.setitem(sys.modules, documents.MODULE, documents)
    monkeypatch.chdir(tmp_path)
    return tmp_path


ServeDeepl = Callable[..., str]


@pytest.fixture(scope="session")
def deepl_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the embedded checkpoints with every default, and keys."""
    settings = override(load_settings(), {"auth": {"keys": _KEYS}}, tmp_path_factory.mktemp("deepl"))
    with serving(settings) as server:
        yield server


@pytest.fixture
def serve_deepl(tmp_path: Path) -> Iterator[ServeDeepl]:
    """Start servers for one test alone, over other engines and other settings."""
    with ExitStack() as running:
        yield lambda loader, **sections: running.enter_context(
            serving(override(load_settings(), sections, tmp_path), loader)
        )
