"""Asks a model something in a fresh process, so that none has another's memory or warm caches; starts processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import model_pool
from model_pool.catalog.files import write_durably
from model_pool.workshop.errors import WorkshopError

_WORKER = "model_pool.workshop.evaluate.worker"
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def ask(scratch: Path, name: str, request: Mapping[str, Any], *, threads: int) -> dict[str, Any]:
    """Return the worker's answer; one that an interrupted run has left is taken. Raises WorkshopError in its words."""
    answer = scratch / f"{name}.answer.json"
    if not answer.is_file():
        question = scratch / f"{name}.question.json"
        write_durably(question, json.dumps(request, ensure_ascii=False).encode())
        ended = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", _WORKER, str(question), str(answer)],
            env=_environment(threads),
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise WorkshopError(f"{name}: {_last_line(ended.stderr) or f'it ended with {ended.returncode}'}")
    found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return found


def _environment(threads: int) -> dict[str, str]:
    """Return ours, with these threads, and with our code wherever we run."""
    ours = Path(next(iter(model_pool.__path__))).parent
    path = os.pathsep.join(filter(None, [str(ours), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, **dict.fromkeys(_THREADS, str(threads)), "PYTHONPATH": path}


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
