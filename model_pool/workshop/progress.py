"""How a step tells how far it is: a number, a unit and some figures; the command line draws it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Progress(Protocol):
    """Hears of a step's work. Calls are cheap; draw seldom."""

    def phase(self, name: str, total: float | None, unit: str = "") -> None:
        """A part of the work begins: so many units of it, or None where nobody knows."""

    def advance(self, amount: float, **figures: float) -> None:
        """So much more of the phase is done; figures to show beside it (loss=2.1)."""

    def say(self, message: str) -> None:
        """Something that a reader should see once."""


class Silent:
    """For tests and programs."""

    def phase(self, name: str, total: float | None, unit: str = "") -> None:
        """See Progress."""

    def advance(self, amount: float, **figures: float) -> None:
        """See Progress."""

    def say(self, message: str) -> None:
        """See Progress."""


Figures = Mapping[str, object]
"""What a step measured: JSON, kept in the lineage."""
