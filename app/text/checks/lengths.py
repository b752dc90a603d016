"""Is a translation much shorter or longer than its source can be? Pure."""

from __future__ import annotations

from app.text.checks.faults import Fault, FaultKind
from app.text.checks.readings import Pair, Reading

# Letters that say what one Latin letter says: medians of message catalogs, `python -m benchmarks.checks --catalogs`.
_WEIGHTS = {
    "Arab": 0.72,
    "Deva": 0.85,
    "Grek": 1.10,
    "Hans": 0.34,
    "Hant": 0.34,
    "Hebr": 0.69,
    "Jpan": 0.56,
    "Kore": 0.46,
    "Thai": 0.88,
}
_TERSE = 0.6  # a script of lower weight: how many letters say a thing varies more
# Fitted with the same command; docs/text.md has its table.
_SHORTEST, _SHORTEST_OF_TERSE, _SPARED = 0.6, 0.5, 12.0
_LONGEST, _LONGEST_OF_TERSE, _ADDED = 1.6, 1.9, 16.0


def length(source: Reading, translation: Reading, pair: Pair) -> Fault | None:
    """Compare letters, weighed by script. Short texts have more freedom, of about three words."""
    weights = _WEIGHTS.get(pair.source_script, 1.0), _WEIGHTS.get(pair.target_script, 1.0)
    terse = min(weights) < _TERSE
    read, written = source.letters / weights[0], translation.letters / weights[1]
    least = (_SHORTEST_OF_TERSE if terse else _SHORTEST) * read - _SPARED
    if written < least or (not translation.letters and source.letters > 1):
        return _fault(FaultKind.OMISSION, source, translation)
    if written > (_LONGEST_OF_TERSE if terse else _LONGEST) * read + _ADDED:
        return _fault(FaultKind.EXCESS, source, translation)
    return None


def _fault(kind: FaultKind, source: Reading, translation: Reading) -> Fault:
    return Fault(kind, f"{translation.letters} letters stand for {source.letters}")
