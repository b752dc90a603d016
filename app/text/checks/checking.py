"""All checks of one segment, cheapest first. Pure; the language detector is passed in."""

from __future__ import annotations

from app.text.checks.echoes import echo
from app.text.checks.faults import Fault
from app.text.checks.lengths import length
from app.text.checks.numbers import numbers
from app.text.checks.readings import Pair, read
from app.text.checks.repetitions import repetition
from app.text.checks.symbols import lost_symbols
from app.text.checks.tongues import Detect, language, script


def check(
    source: str, translation: str, pair: Pair, detect: Detect | None = None, *, many_targets: bool = False
) -> tuple[Fault, ...]:
    """What is wrong with a translation of one segment, as far as can be told without understanding it.

    pair: of `pair_of`. detect: asked about long texts only. many_targets: the checkpoint can answer in other languages
    than these two, so the detector is asked about every long text and not just where words were left as they are.
    Both texts as the client has them, placeholders and names included. Linear time; a plain sentence of 22 words takes
    about 30 to 50 microseconds (`python -m benchmarks.checks`).
    """
    before, after = read(source), read(translation)
    found = [
        echo(before, after, pair),
        repetition(before, after),
        length(before, after, pair),
        script(before, after, pair),
        lost_symbols(before, after, pair),
        *numbers(before, after),
    ]
    if detect and found[0] is None:
        found.append(language(before, after, pair, detect, always=many_targets))
    return tuple(fault for fault in found if fault)
