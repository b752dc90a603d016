from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from app.keys import hash_key, new_key
from app.settings import load_settings
from tests.app.conftest import override
from tests.conformance.serving import serving

KEY, SPENT, HASTY, HASTY_TOO = (new_key() for _ in range(4))
KEYS = [
    {"name": "client", "sha256": hash_key(KEY)},
    {"name": "spent", "sha256": hash_key(SPENT), "characters_per_day": 5},
    {"name": "hasty", "sha256": hash_key(HASTY), "requests_per_minute": 1},
    {"name": "hasty-too", "sha256": hash_key(HASTY_TOO), "requests_per_minute": 1},
]


@dataclass(frozen=True)
class Libre:
    """Where a server listens, without a slash at the end, and a key for it."""

    url: str
    key: str


@pytest.fixture(scope="session")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Libre]:
    """Serve the embedded checkpoints with every default to whoever comes."""
    with serving(override(load_settings(), {}, tmp_path_factory.mktemp("open"))) as url:
        yield Libre(url, "")


@pytest.fixture(scope="session")
def guarded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Libre]:
    """Serve them to those who have a key."""
    with serving(override(load_settings(), {"auth": {"keys": KEYS}}, tmp_path_factory.mktemp("guarded"))) as url:
        yield Libre(url, KEY)


@pytest.fixture(params=["open_server", "guarded_server"])
def libre(request: pytest.FixtureRequest) -> Libre:
    """Either of them: what clients do must work with keys and without."""
    server: Libre = request.getfixturevalue(request.param)
    return server
