"""What became of a text, before it is dressed for a client; values only, pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

UNTRANSLATED = "none"
"""`model_used` of a text that is in the target language already, or has nothing to translate in it."""

_LEAST = 1e-300
"""A confidence that has a logarithm."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One translated text before it is dressed for a client.

    confidence: geometric mean of the model's probabilities over the target tokens, in [0, 1]; 1 where nothing was
    translated. cached: every segment was translated for an earlier request. tier_used: "" for the one asked for.
    route: every language on the way, the text's own included; empty where nothing was translated.
    faults: how many of each kind are left. retried: segments that were translated more than once.
    alternatives: other translations, likeliest first, as far as they were asked for and there are any.
    """

    text: str
    model_used: str = UNTRANSLATED
    confidence: float = 1.0
    segments: int = 0
    cached: bool = False
    tier_used: str = ""
    route: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    faults: Mapping[str, int] = field(default_factory=dict)
    retried: int = 0
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """The answer for one piece of a text, the `index`-th of `count`."""

    answer: Answer
    index: int
    count: int


def joined(pieces: Sequence[Answer]) -> Answer:
    """Return the answer for a text from those for its pieces; the confidence is their mean, a segment counting once."""
    made = [piece for piece in pieces if piece.segments]
    if not made:
        return Answer("".join(piece.text for piece in pieces))
    segments = sum(piece.segments for piece in made)
    confidence = math.exp(sum(piece.segments * math.log(max(piece.confidence, _LEAST)) for piece in made) / segments)
    return replace(
        made[0],
        text="".join(piece.text for piece in pieces),
        confidence=confidence,
        segments=segments,
        cached=all(piece.cached for piece in made),
        warnings=tuple(dict.fromkeys(warning for piece in pieces for warning in piece.warnings)),
        faults=sum((Counter(piece.faults) for piece in pieces), Counter[str]()),
        retried=sum(piece.retried for piece in pieces),
    )
