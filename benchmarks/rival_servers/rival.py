"""What a rival is: something to install once, and a few ways to start it; touches its own directory only."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks.raw import Work

TORCH = "torch==2.13.0"


class NotSetUp(Exception):
    """A rival whose virtual environment is not there."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to start a rival. body: the JSON request for a text; note: what a reader should know of it."""

    label: str
    command: Sequence[str]
    path: str
    body: Callable[[str], str]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)


class Rival(Protocol):
    """One server. note: what a reader of its numbers should know."""

    name: str
    note: str

    def setup(self) -> None:
        """Download and install it."""
        ...

    def variants(self, work: Work, port: int) -> list[Variant]:
        """Prepare for this work without downloading, and return the ways to start. Raises NotSetUp."""
        ...


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment of a rival's own."""

    directory: Path

    @property
    def python(self) -> str:
        """Its interpreter. Raises NotSetUp."""
        return self.program("python")

    def program(self, name: str) -> str:
        """Return the path of one of its programs. Raises NotSetUp."""
        path = self.directory / "bin" / name
        if not path.exists():
            raise NotSetUp(f"{path} is not there; run once with --setup, which downloads")
        return str(path)

    def install(self, *steps: Sequence[str]) -> None:
        """Make it and run `pip install` with each step's requirements. Raises CalledProcessError."""
        subprocess.run([sys.executable, "-m", "venv", str(self.directory)], check=True)
        for step in steps:
            pip = [self.python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *step]
            subprocess.run(pip, check=True)


def link(target: Path, place: Path) -> None:
    """Make `place` a link to `target`, whatever was there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(target.resolve())
