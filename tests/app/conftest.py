from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings, load_settings
from model_pool.engines.base import EngineLoader
from model_pool.engines.fake import FakeLoader

Configure = Callable[..., Settings]
Serve = Callable[..., TestClient]

EN_PT = {"checkpoints": ["embedded/en-pt"]}
PT_EN = {"checkpoints": ["embedded/pt-en"]}
BOTH = {"checkpoints": ["embedded/en-pt", "embedded/pt-en"]}


def override(settings: Settings, sections: dict[str, Any], data_dir: Path) -> Settings:
    """Settings with some sections or keys replaced; tiers as a whole."""
    values = settings.model_dump()
    for name, value in sections.items():
        values[name] = value if name == "tiers" or not isinstance(value, dict) else values[name] | value
    return Settings(**(values | {"data_dir": str(data_dir)}))


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """Make settings from the packaged defaults and what the test names."""
    return lambda **sections: override(load_settings(), sections, tmp_path / "data")


@pytest.fixture
def serve(configure: Configure) -> Iterator[Serve]:
    """Start servers in this process, over fake engines unless a loader is given; all end with the test."""
    running: list[TestClient] = []

    def start(*, loader: EngineLoader | None = None, **sections: object) -> TestClient:
        app = create_app(configure(**sections), loader=loader or FakeLoader())
        client = TestClient(app, raise_server_exceptions=False)
        running.append(client.__enter__())
        return client

    yield start
    for client in running:
        client.__exit__(None, None, None)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One server over the real embedded checkpoints, for tests that leave no trace in it."""
    app = create_app(override(load_settings(), {}, tmp_path_factory.mktemp("data")))
    with TestClient(app) as client:
        for source, target in (("en", "pt"), ("pt", "en")):
            client.post("/translate", json={"text": "warm up", "source_language": source, "target_language": target})
        yield client
