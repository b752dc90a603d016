"""Scores of translations: against references, against another model's, and by themselves; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

_LOOPS = 3
"""A unit this often in a row is a loop, unless the source has it as often."""

_SHORT, _SPARED = 0.5, 12
"""Under half the letters of the reference, and at least as many letters short as two words have: something is left
out."""

_WORD = re.compile(r"\w+")
_SENTENCE = CHRF()

Texts = Sequence[str]


def bleu(outputs: Texts, references: Texts) -> float:
    """Return corpus BLEU, 0 to 100, as sacrebleu counts by default."""
    return _rounded(BLEU().corpus_score(outputs, [references]).score)


def chrf(outputs: Texts, references: Texts) -> float:
    """Return corpus chrF2, 0 to 100."""
    return _rounded(CHRF().corpus_score(outputs, [references]).score)


def ter(outputs: Texts, references: Texts) -> float:
    """Return the translation edit rate in percent: less is better."""
    return _rounded(TER().corpus_score(outputs, [references]).score)


def sentence_chrf(output: str, reference: str) -> float:
    """Return chrF2 of one sentence, 0 to 100."""
    return float(_SENTENCE.sentence_score(output, [reference]).score)


def exact(outputs: Texts, references: Texts) -> float:
    """Return the share that is the same, letter for letter."""
    return _share(output == reference for output, reference in zip(outputs, references, strict=True))


def near(outputs: Texts, references: Texts) -> float:
    """Return the share that has the same words, whatever their case and the signs between them."""
    return _share(_words(output) == _words(reference) for output, reference in zip(outputs, references, strict=True))


def agreement(outputs: Texts, others: Texts) -> dict[str, float]:
    """Compare two models' outputs."""
    return {"chrf": chrf(outputs, others), "bleu": bleu(outputs, others), "exact": exact(outputs, others)}


def length_ratio(outputs: Texts, references: Texts) -> float:
    """Return letters of all outputs for each letter of the references."""
    return _rounded(sum(map(len, outputs)) / max(1, sum(map(len, references))))


def repetition_rate(sources: Texts, outputs: Texts) -> float:
    """Return the share of outputs that say something three times in a row that the source does not."""
    return _share(
        longest_loop(output) >= max(_LOOPS, 1 + longest_loop(source))
        for source, output in zip(sources, outputs, strict=True)
    )


def omission_rate(outputs: Texts, references: Texts) -> float:
    """Return the share of outputs that are far shorter than their references (or their sources), or empty."""
    return _share(_is_short(output, reference) for output, reference in zip(outputs, references, strict=True))


def longest_loop(text: str) -> int:
    """Return how often the most repeated unit of one to four words comes in a row."""
    words = _words(text)
    longest = 1 if words else 0
    for size in range(1, 5):
        run = 0
        for place in range(size, len(words)):
            run = run + 1 if words[place] == words[place - size] else 0
            longest = max(longest, run // size + 1)
    return longest


def _is_short(output: str, reference: str) -> bool:
    if not output.strip():
        return bool(reference.strip())
    return len(output) < _SHORT * len(reference) and len(reference) - len(output) > _SPARED


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _share(found: Iterable[bool]) -> float:
    each = list(found)
    return _rounded(sum(each) / max(1, len(each)))


def _rounded(value: float) -> float:
    return round(float(value), 4)
