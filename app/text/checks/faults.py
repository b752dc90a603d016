"""What can be wrong with one translated segment: values only, pure."""

from __future__ import annotations

from collections.abc import Iterable
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
    SYMBOL_LOST = "symbol_lost"


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


def warnings_of(faults: Iterable[Fault]) -> tuple[str, ...]:
    """One warning for each kind that is sure, for all segments of a text: the first sentence, and how many more."""
    kinds: dict[FaultKind, list[Fault]] = {}
    for fault in faults:
        if fault.sure:
            kinds.setdefault(fault.kind, []).append(fault)
    return tuple(_joined(found) for found in kinds.values())


def _joined(found: list[Fault]) -> str:
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return found[0].warning + more
