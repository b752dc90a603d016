"""Runs a training in several processes, and relays what they say; starts processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from model_pool.workshop import errors
from model_pool.workshop.errors import WorkshopError
from model_pool.workshop.progress import Progress
from model_pool.workshop.train.setup import Setup
from model_pool.workshop.train.state import State

SETUP_NAME, RESULT_NAME, ERROR_NAME = "setup.json", "result.json", "error.json"
PARENT = "BABELPOOL_WORKSHOP_PARENT"
"""Environment variable: the process without which the workers end."""

MARK = "\x1e"
"""Begins a line of the first worker that is progress."""


def train_elsewhere(setup: Setup, progress: Progress) -> State:
    """Train in processes of their own. Raises the WorkshopError that ended them."""
    for name in (RESULT_NAME, ERROR_NAME):
        (setup.scratch / name).unlink(missing_ok=True)
    given = setup.scratch / SETUP_NAME
    given.write_text(setup.model_dump_json(), encoding="utf-8")
    environment = os.environ | {PARENT: str(os.getpid())}
    with subprocess.Popen(  # noqa: S603 - our own command
        command(setup, given), stdout=subprocess.PIPE, text=True, env=environment
    ) as running:
        assert running.stdout is not None, "it is a pipe"  # noqa: S101 - no input can cause it
        _relay(running.stdout, progress)
    result = setup.scratch / RESULT_NAME
    if running.returncode == 0 and result.is_file():
        return State.model_validate_json(result.read_bytes())
    raise _error(setup.scratch / ERROR_NAME, running.returncode)


def command(setup: Setup, given: Path) -> list[str]:
    """Return the command line: torch's launcher on this machine, accelerate's where it has a configuration."""
    options = setup.options
    if options.accelerate_config is not None:
        config = ["--config_file", str(options.accelerate_config), "--num_processes", str(options.processes)]
        words = ["accelerate.commands.launch", *config]
    else:
        words = ["torch.distributed.run", "--standalone", "--nproc_per_node", str(options.processes)]
    return [sys.executable, "-m", *words, "--module", "model_pool.workshop.train.worker", str(given)]


def _relay(lines: Iterable[str], progress: Progress) -> None:
    for line in lines:
        if not line.startswith(MARK):
            progress.say(line.rstrip())
            continue
        call, given = json.loads(line[1:])
        if call == "phase":
            progress.phase(given["name"], given["total"], given["unit"])
        elif call == "advance":
            progress.advance(given["amount"], **given["figures"])
        else:
            progress.say(given["message"])


def _error(path: Path, status: int) -> Exception:
    if not path.is_file():
        return WorkshopError(
            f"The training processes ended with status {status} before they were done. What they said is above; "
            "the same command goes on from the last state."
        )
    told = json.loads(path.read_text(encoding="utf-8"))
    if told["errno"] is not None:
        return OSError(told["errno"], told["message"])
    kind = getattr(errors, told["kind"], WorkshopError)
    return WorkshopError(told["message"]) if not issubclass(kind, WorkshopError) else kind(told["message"])
