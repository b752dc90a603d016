"""Is a translation in the language and script that were asked for? Pure; the detector is passed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from app.text.checks.faults import Fault, FaultKind
from app.text.checks.readings import Pair, Reading
from app.text.checks.scripts import count_scripts, script_of

Detect = Callable[[str], str | None]
"""The primary subtag of the language that a text is in, or None where it cannot be told."""

_LATIN = frozenset({"Latn"})
# Letters of other scripts; punctuation and symbols in between are left out.
_NOT_LATIN = re.compile("[\u0370-\u1dff\u2c80-\ua71f\ua800-\ufaff\ufb13-\uff20\uff5b-\U0010ffff]")
_LEAST_FOREIGN = 3  # letters: fewer are symbols and units
_LEAST_LATIN = 8  # letters
_LEAST_LETTERS = 40  # what the detector can tell for sure, docs/text.md
_SUSPICIOUS = 0.35  # words in common with the source from which on the detector is asked


def script(source: Reading, translation: Reading, pair: Pair) -> Fault | None:
    """Letters of the target's script are right, and so are those of a few words that stand in the source as well.

    Latin ones may be names and terms anywhere, but for a text of Latin words that are new.
    """
    expected, text = pair.target_letters, translation.text
    if not expected or (expected == _LATIN and (text.isascii() or not _NOT_LATIN.search(text))):
        return None
    counts = count_scripts(text)
    right, latin = sum(counts.get(each, 0) for each in expected), counts.get("Latn", 0)
    others = sum(counts.values()) - counts.get("", 0) - right - (0 if expected == _LATIN else latin)
    new = translation.distinct - source.distinct
    allowed = expected | _LATIN
    if others >= _LEAST_FOREIGN and (others > right + latin or _foreign_letters(new, allowed) >= _LEAST_FOREIGN):
        return Fault(FaultKind.SCRIPT, f"{others} of {translation.letters} letters are of another script")
    if not right and latin >= _LEAST_LATIN and _foreign_letters(new, expected) >= _LEAST_LATIN:
        return Fault(FaultKind.SCRIPT, "all of it is in Latin letters")
    return None


def _foreign_letters(words: Iterable[str], allowed: frozenset[str]) -> int:
    return sum(letter.isalpha() and script_of(letter) not in allowed | {""} for letter in "".join(words))


def language(source: Reading, translation: Reading, pair: Pair, detect: Detect, *, always: bool) -> Fault | None:
    """Ask the detector about a long text, where it has many words of its source or `always` (0.1 to 0.3 ms)."""
    if translation.letters < _LEAST_LETTERS or pair.close:
        return None
    if not always:
        common = len(source.distinct & translation.distinct)
        if common < _SUSPICIOUS * len(translation.words):
            return None
    found = detect(translation.text)
    if found is None or found == pair.target:
        return None
    return Fault(FaultKind.LANGUAGE, f"it reads as {found}, not {pair.target}")
