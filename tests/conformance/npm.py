"""Clients in JavaScript: npm installs them while testing, Node runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest

_QUIETLY = ("--ignore-scripts", "--no-audit", "--no-fund")


def install(directory: Path, *what: str) -> None:
    """Install packages into a directory, or those of its package-lock.json; skips where there is no npm."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        _lacking("Node and npm are not installed, so JavaScript's clients cannot be tried")
    command = ["npm", "install" if what else "ci", *_QUIETLY, *what]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        _lacking(f"npm cannot install {what or directory}: {done.stderr.strip()}")


def node(directory: Path, script: str, *arguments: str) -> Any:  # noqa: ANN401 - JSON
    """Run a script there, and return the JSON that it prints."""
    command = ["node", script, *arguments]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _lacking(why: str) -> NoReturn:
    """Skip on a developer's machine; in CI nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)
