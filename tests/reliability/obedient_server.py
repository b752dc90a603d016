"""Run as a script with `serve` behind it: the command as it is, over fake engines that do as they are told.

Loads hang while the file `stuck` is in the working directory, and leave `stuck.seen` there. A segment with "hold" in
it waits until the file `go` is there; one with "raise" in it makes the engine raise. Every other segment is answered
with its own words. Nothing hangs or waits for more than a minute. Documents named `.txt` are read by
`tests.fakes.documents`, which does as it is told, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fastapi import FastAPI

import app.server
from app.cli import main
from app.main import create_app
from app.settings import Settings
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.fake import FakeLoader
from model_pool.types import EncodedSegment
from tests.fakes import documents

_LONGEST_HOLD = 60.0


def hang(_: Checkpoint) -> None:
    if Path("stuck").exists():
        Path("stuck.seen").touch()
    wait_while(lambda: Path("stuck").exists())


def obey(segments: Sequence[EncodedSegment]) -> None:
    words = " ".join("".join(segment.tokens) for segment in segments)
    if "hold" in words:
        wait_while(lambda: not Path("go").exists())
    if "raise" in words:
        raise RuntimeError("the engine was told to raise")


def wait_while(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LONGEST_HOLD
    while condition() and time.monotonic() < deadline:
        time.sleep(0.005)


def create(settings: Settings, **stand_ins: Any) -> FastAPI:  # noqa: ANN401 - passed on as it comes
    return create_app(settings, **({"loader": FakeLoader(hook=obey, on_load=hang)} | stand_ins))


if __name__ == "__main__":
    documents.installed()
    with patch.object(app.server, "create_app", create):
        main()
