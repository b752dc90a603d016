"""One of several training processes, started by `launching`: python -m model_pool.workshop.train.worker setup.json."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

from model_pool.catalog.files import write_durably
from model_pool.workshop.errors import WorkshopError
from model_pool.workshop.progress import Progress, Silent
from model_pool.workshop.train.launching import ERROR_NAME, MARK, PARENT, RESULT_NAME
from model_pool.workshop.train.session import train_here
from model_pool.workshop.train.setup import Setup

_LOOK_EVERY = 1.0
"""Seconds between looks at whether the workshop still lives: a worker without it would write beside the next run."""


class Lines:
    """Progress as lines of JSON on standard output."""

    def phase(self, name: str, total: float | None, unit: str = "") -> None:
        """See Progress."""
        self._write("phase", name=name, total=total, unit=unit)

    def advance(self, amount: float, **figures: float) -> None:
        """See Progress."""
        self._write("advance", amount=amount, figures=figures)

    def say(self, message: str) -> None:
        """See Progress."""
        self._write("say", message=message)

    def _write(self, call: str, **given: object) -> None:
        sys.stdout.write(f"{MARK}{json.dumps([call, given])}\n")
        sys.stdout.flush()


def main(given: Path) -> int:
    """Train; return the exit status."""
    threading.Thread(target=_end_with, args=(int(os.environ[PARENT]),), daemon=True).start()
    setup = Setup.model_validate_json(given.read_bytes())
    first = os.environ.get("RANK", "0") == "0"
    progress: Progress = Lines() if first else Silent()
    try:
        state = train_here(setup, progress)
    except (WorkshopError, OSError) as error:
        told = {"kind": type(error).__name__, "message": str(error), "errno": getattr(error, "errno", None)}
        write_durably(setup.scratch / ERROR_NAME, json.dumps(told).encode())
        return 1
    if first:
        write_durably(setup.scratch / RESULT_NAME, state.model_dump_json().encode())
    return 0


def _end_with(parent: int) -> None:
    while Path(f"/proc/{parent}").exists():
        time.sleep(_LOOK_EVERY)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
