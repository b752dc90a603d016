"""Small formats under the names of real ones: one unit a line, written as `<language>|line`; for tests without parsers.

A line that begins with "<" is XML. What is in the first line steers reading and writing:
"!broken", "!bug", "!language=xx", "!note", "!hold" (until the file `go` is there), "!die" (kills the process),
"!nowrite" (the writer fails).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from app.documents import BrokenDocument, Content, DocumentLimits, Unit
from app.text.markup import Format, Options

MODULE = "app.documents.textual.plain"
"""What `.txt` is read with."""

_XML = Options(Format.XML)


def read(data: bytes, limits: DocumentLimits) -> Content:
    lines = data.decode().splitlines()
    orders = lines[0] if lines and lines[0].startswith("!") else ""
    _obey(orders)
    units = tuple(Unit(line, _XML if line.startswith("<") else None) for line in lines if line != orders)
    source = orders.partition("=")[2] if "!language=" in orders else ""
    notes = ("A drawing has words.",) if "!note" in orders else ()

    def write(texts: Sequence[str], language: str) -> bytes:
        if "!nowrite" in orders:
            raise RuntimeError("the writer has a bug")
        if len(texts) != len(units):
            raise ValueError("one translation for each unit")
        return "".join(f"{language}|{text}\n" for text in texts).encode()

    return Content(units, write, source, notes)


def _obey(orders: str) -> None:
    if "!broken" in orders:
        raise BrokenDocument("The document is damaged.")
    if "!bug" in orders:
        raise RuntimeError("the reader has a bug")
    if "!die" in orders:
        os.kill(os.getpid(), signal.SIGKILL)
    while "!hold" in orders and not Path("go").exists():
        time.sleep(0.01)


def installed() -> ModuleType:
    """Put this in the place of the module for `.txt` in this process."""
    module = sys.modules[__name__]
    sys.modules[MODULE] = module
    return module
