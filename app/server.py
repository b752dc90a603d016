"""Runs the app under uvicorn: one process, uvloop, and an exit status that says how it ended."""

from __future__ import annotations

import signal
from types import FrameType

import uvicorn

from app.main import create_app
from app.settings import ConfigSource
from app.telemetry.logs import configure_logging, logger


def serve(source: ConfigSource) -> int:
    """Serve until SIGTERM or SIGINT, finish what is in flight within the shutdown deadline, return the exit status.

    Raises ConfigurationError before it listens.
    """
    settings = source.read()
    configure_logging(settings.server.log_level)
    logger.info("configuration: %s", source.path)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings, source=source),
            host=settings.server.host,
            port=settings.server.port,
            loop="uvloop",
            http="httptools",
            ws="none",
            access_log=settings.server.access_log,
            log_config=None,
            timeout_graceful_shutdown=int(settings.server.shutdown_deadline) or 1,
            server_header=False,
        )
    )
    # uvicorn raises the signal again when it is done, for whoever handled it before: that shall not kill us.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _already_handled)
    server.run()
    return 0 if server.started else 1


def _already_handled(number: int, _: FrameType | None) -> None:
    logger.info("stopped by %s", signal.Signals(number).name)
