"""The real server on a loopback port, for clients that know nothing of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from app.main import create_app
from app.protocol import patient_protocol
from app.settings import Settings
from model_pool.engines.base import EngineLoader
from tests.e2e.conftest import START_DEADLINE, free_port


@contextmanager
def serving(settings: Settings, loader: EngineLoader | None = None) -> Iterator[str]:
    """Serve in a thread; yields the address, without a slash at its end."""
    port = free_port()
    protocol = patient_protocol(settings.server.read_timeout)
    app = create_app(settings, loader=loader)
    config = uvicorn.Config(app, port=port, http=protocol, ws="none", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + START_DEADLINE
        while not server.started:
            assert thread.is_alive(), "the server ended instead of starting"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)
