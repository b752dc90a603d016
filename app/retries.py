"""What to try when a translation has faults, and which of several is the best. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from app.text.checks.faults import Fault, FaultKind
from model_pool.types import DecodeOptions

MOST_RETRIES = 2
"""For one segment, after its first translation."""

# What mends what was measured with `python -m benchmarks.retries`; docs/text.md has the table.
_BEAM = 4
_NGRAM = 3
_PENALTY = 1.1
_LOOPS = {FaultKind.REPETITION, FaultKind.EXCESS}
_LOSSES = {FaultKind.OMISSION, FaultKind.NUMBER_MISSING, FaultKind.NUMBER_INVENTED}
_OTHERS = {FaultKind.SCRIPT, FaultKind.LANGUAGE}
_WEIGHTS = {
    FaultKind.LANGUAGE: 8,
    FaultKind.SCRIPT: 8,
    FaultKind.ECHO: 8,
    FaultKind.OMISSION: 6,
    FaultKind.EXCESS: 6,
    FaultKind.REPETITION: 5,
    FaultKind.NUMBER_MISSING: 4,
    FaultKind.NUMBER_INVENTED: 4,
    FaultKind.SYMBOL_LOST: 3,
}
_UNSURE = 0.25  # of the weight of the same fault when it is sure


@dataclass(frozen=True, slots=True)
class Retry:
    """How to translate a segment again. halved: in two parts (`app.text.preparation.halve`)."""

    options: DecodeOptions
    halved: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """One translation of a segment. score: mean log probability per token."""

    text: str
    score: float
    faults: tuple[Fault, ...] = ()

    @property
    def badness(self) -> tuple[float, float]:
        """What is lower is better."""
        return weight(self.faults), -self.score


def weight(faults: Iterable[Fault]) -> float:
    """How bad faults are together."""
    return sum(_WEIGHTS[fault.kind] * (1 if fault.sure else _UNSURE) for fault in faults)


def next_retry(faults: Collection[Fault], retries: int, options: DecodeOptions) -> Retry | None:
    """What to try for a segment whose best translation so far has these faults; None where nothing is worth its time.

    retries: how many there have been. options: those of the first translation. Neither an echo nor a lost symbol is
    tried again: both are names or signs that the model does not know, however it is asked.
    """
    if not faults:
        return None
    kinds = {fault.kind for fault in faults if fault.sure or fault.kind in _LOOPS}
    wider = replace(options, beam_size=max(_BEAM, options.beam_size))
    if retries >= MOST_RETRIES or not kinds & (_LOOPS | _LOSSES | _OTHERS):
        return None
    if kinds & _LOOPS and retries == 0:
        return Retry(replace(wider, no_repeat_ngram_size=_NGRAM, repetition_penalty=_PENALTY))
    if kinds & (_LOOPS | _LOSSES):
        return Retry(wider, halved=True) if retries == 0 or kinds & _LOOPS else None
    return Retry(wider) if retries == 0 and wider != options else None


def best(candidates: Sequence[Candidate]) -> int:
    """The index of the candidate with the lightest faults, then the best score; the first one among equals."""
    return min(range(len(candidates)), key=lambda at: candidates[at].badness)
