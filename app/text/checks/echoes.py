"""Does a translation only say its source again? Pure."""

from __future__ import annotations

from collections.abc import Iterator

from app.text.characters import is_unspaced
from app.text.checks.faults import Fault, FaultKind
from app.text.checks.readings import Pair, Reading

# Fitted with `python -m benchmarks.checks`; docs/text.md has its table.
_PLAIN_FOR_SURE = 3  # words that a translator would translate
_PLAIN_FOR_SURE_WHERE_CLOSE = 8
_PLAIN_FOR_SHARE = 5  # distinct ones, from which on the share that came back says something
_SHARE = 0.9
_UNSPACED_FOR_SURE = 8  # letters
_LEAST_LETTERS = 3
_LEAST_CAPITALS = 4  # shorter words in capitals are abbreviations
_AROUND = ".,;:!?…\"'()[]“”‘’«»¿¡"  # noqa: RUF001


def echo(source: Reading, translation: Reading, pair: Pair) -> Fault | None:
    """Judge by words that are there to be translated: not names, codes, numbers, addresses or parts of code."""
    if pair.source == pair.target or source.letters < _LEAST_CAPITALS:
        return None
    if source.words == translation.words:
        return _identical(source, pair)
    return None if pair.close else _mostly(source, translation)


def _identical(source: Reading, pair: Pair) -> Fault | None:
    plain = len(set(_plain(source.text)))
    sure = plain >= (_PLAIN_FOR_SURE_WHERE_CLOSE if pair.close else _PLAIN_FOR_SURE)
    if not sure and not pair.close and sum(map(is_unspaced, source.text)) >= _UNSPACED_FOR_SURE:
        sure = True
    if not sure and (pair.close or (plain == 0 and len(source.words) == 1)):
        return None
    return Fault(FaultKind.ECHO, "the translation is the source again", sure)


def _mostly(source: Reading, translation: Reading) -> Fault | None:
    common = len(source.distinct & translation.distinct)
    if common < _PLAIN_FOR_SHARE:
        return None
    plain = {word.casefold() for word in _plain(source.text)}
    kept = len(plain & translation.distinct)
    if len(plain) < _PLAIN_FOR_SHARE or kept < _SHARE * len(plain):
        return None
    return Fault(FaultKind.ECHO, f"{kept} of {len(plain)} words are left as they were")


def _plain(text: str) -> Iterator[str]:
    """Words in small letters, or in capitals where the whole text is; letters alone, so no code, address or number."""
    shouted = text.isupper()
    least = _LEAST_CAPITALS if shouted else _LEAST_LETTERS
    for token in text.split():
        word = token.strip(_AROUND)
        if len(word) >= least and word.replace("-", "").isalpha() and (shouted or word == word.lower()):
            yield word
