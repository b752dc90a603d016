"""Runs the app under uvicorn: one process, uvloop, and an exit status that says how it ended."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

import uvicorn

from app.main import create_app
from app.protocol import patient_protocol
from app.reload import hold_reload_signals
from app.services import UNLOAD_SECONDS
from app.settings import ConfigSource, Settings
from app.telemetry.logs import configure_logging, logger

_GC_THRESHOLDS = (20_000, 20, 20)
"""Python's default, 700 for the first, has the collector look at the same requests in flight again and again; that was
a fifth of the event loop's time at 64 connections. What is large is freed without it: engines close, and tokenizers
stand in no cycle."""


def serve(source: ConfigSource) -> int:
    """Serve until SIGTERM or SIGINT, finish what is in flight within the shutdown deadline, return the exit status.

    Raises ConfigurationError before it listens.
    """
    hold_reload_signals()
    settings = source.read()
    configure_logging(settings.server.log_level)
    logger.info("configuration: %s", source.path)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings, source=source),
            host=settings.server.host,
            port=settings.server.port,
            loop="uvloop",
            http=patient_protocol(settings.server.read_timeout),
            ws="none",
            access_log=settings.server.access_log,
            log_config=None,
            timeout_graceful_shutdown=_time_for_requests(settings),  # type: ignore[arg-type] # seconds, whole or not
            server_header=False,
        )
    )
    # uvicorn raises the signal again when it is done, for whoever handled it before: that shall not kill us.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _already_handled)
    gc.set_threshold(*_GC_THRESHOLDS)
    server.run()
    return 0 if server.started else 1


def leave(status: int) -> NoReturn:
    """End the process now. Python would wait for threads that hang in native code, whatever the deadline said."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _time_for_requests(settings: Settings) -> float:
    """Return what requests get of the shutdown deadline; the rest is for unloading."""
    return max(settings.server.shutdown_deadline - UNLOAD_SECONDS, settings.server.shutdown_deadline / 2)


def _already_handled(number: int, _: FrameType | None) -> None:
    logger.info("stopped by %s", signal.Signals(number).name)
