"""What can be wrong with one translated segment: values only, pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """Stable codes for programs: they go out in warnings and as a label of a metric."""

    ECHO = "echo"
    REPETITION = "repetition"
    OMISSION = "omission"
    EXCESS = "excess"
    SCRIPT = "script"
    LANGUAGE = "language"
    NUMBER_MISSING = "number_missing"
    NUMBER_INVENTED = "number_invented"


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding.

    detail: a sentence for people. sure: seldom wrong, so worth telling a client; otherwise worth another try at most.
    """

    kind: FaultKind
    detail: str
    sure: bool = True

    @property
    def warning(self) -> str:
        """The code, a colon and the sentence."""
        return f"{self.kind}: {self.detail}"
