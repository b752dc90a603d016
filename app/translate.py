"""The orchestration: tier, languages, detection, then each pair on its replica; the only caller of the pool."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter

from app.concurrency import together
from app.detection import Detection, Detector, Undecidable, looks_like
from app.errors import PairUnsupported
from app.glossaries.library import NO_WORDING, Wording
from app.glossaries.terms import Terms
from app.languages import Match, match
from app.pairs import Answer, Reading
from app.pivoting import RouteTranslator
from app.routes import Route
from app.text.characters import has_letter
from app.text.markup import Options
from app.text.segmentation import Split
from app.tiers import Tier, TierTable
from model_pool.errors import DeviceLost, LoadFailed, PoolError, PoolSaturated
from model_pool.pool import ModelPool

AUTO = "auto"

Pair = tuple[str, str]
"""Source and target as BCP 47 codes that the tier serves."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a request asks for beyond its languages and its tier. alternatives: other translations of each text."""

    wording: Wording = NO_WORDING
    split: Split = Split.SENTENCES
    markup: Options | None = None
    alternatives: int = 0


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One text's translation with everything that a dialect may tell. `seconds` includes all waiting."""

    original: str
    answer: Answer
    source: str
    target: str
    tier: str
    seconds: float
    detection: Detection | None = None


class Translator:
    """Translates texts by tier name. Whatever it raises on purpose, `app.errors.problem_of` knows."""

    def __init__(
        self, pool: ModelPool, tiers: TierTable, detector: Detector, on_done: Callable[[Sequence[Outcome]], None]
    ) -> None:
        self._pool = pool
        self._tiers = tiers
        self._detector = detector
        self._on_done = on_done

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: str,
        target: str,
        tier: str | None = None,
        client: str = "",
        wishes: Wishes = NO_WISHES,
    ) -> list[Outcome]:
        """Translate each text; one outcome each, in order. With source "auto" each text is detected on its own.

        client: whom to charge for the engine's time.
        """
        started = perf_counter()
        chosen = self._tiers[tier or self._tiers.default]
        detections = await self._detect(texts, source, chosen)
        asked = match(target, chosen.languages)
        pairs = _pairs(detections, source, asked.served, chosen)
        work = _Work(chosen, client, wishes, detected=source.lower() == AUTO)
        answers = _told(asked, await self._answers(texts, pairs, work))
        seconds = perf_counter() - started
        outcomes = [
            Outcome(text, answer, *pair, tier=chosen.name, seconds=seconds, detection=detection)
            for text, answer, pair, detection in zip(texts, answers, pairs, detections, strict=True)
        ]
        self._on_done(outcomes)
        return outcomes

    async def detect(self, text: str) -> Detection:
        """Identify a text's language among those that any tier reads. Raises Undecidable."""
        return await asyncio.to_thread(self._detector.detect, text, tuple(self._tiers.languages()))

    async def _detect(self, texts: Sequence[str], source: str, tier: Tier) -> list[Detection | None]:
        """Detect each text that has letters, if asked to; in a thread, as the first call loads the detector.

        Targets count too: a text that is in the target language already is known as such and comes back as it is.
        """
        if source.lower() != AUTO:
            return [None] * len(texts)
        return await asyncio.to_thread(
            lambda: [
                self._detected(texts, index, tier) if has_letter(texts[index]) else None for index in range(len(texts))
            ]
        )

    def _detected(self, texts: Sequence[str], index: int, tier: Tier) -> Detection:
        try:
            return self._detector.detect(texts[index], tier.languages)
        except Undecidable as error:
            if len(texts) == 1:
                raise
            reason = f"{error.reason} (text {index + 1} of {len(texts)})"
            raise Undecidable(reason, error.candidates, error.looks_like) from None

    async def _answers(self, texts: Sequence[str], pairs: Sequence[Pair], work: _Work) -> list[Answer]:
        """Translate the texts of each pair together, and the pairs side by side."""
        groups: dict[Pair, list[int]] = {}
        for index, pair in enumerate(pairs):
            groups.setdefault(pair, []).append(index)
        routes = {pair: work.tier.route(*pair) for pair in groups if pair[0] != pair[1]}
        translated = await together(
            self._group(route, [texts[index] for index in groups[pair]], work) for pair, route in routes.items()
        )
        answers = [Answer(text) for text in texts]
        for pair, made in zip(routes, translated, strict=True):
            for index, answer in zip(groups[pair], made, strict=True):
                answers[index] = answer
        return answers

    async def _group(self, route: Route, texts: Sequence[str], work: _Work) -> list[Answer]:
        wording, pair = work.wishes.wording, (route.source, route.target)
        terms = await wording.terms(*pair, required=not work.detected)
        answers = await self._translate(route, texts, terms, work)
        if not wording.lacks(*pair):
            return answers
        why = f"glossary: it has no dictionary for {pair[0]} to {pair[1]}, so it was not used."
        return [replace(answer, warnings=(*answer.warnings, why)) for answer in answers]

    async def _translate(self, route: Route, texts: Sequence[str], terms: Terms, work: _Work) -> list[Answer]:
        tier = work.tier
        try:
            way = RouteTranslator(self._pool, route, tier, work.client, self._reading(terms, work))
            return await way.translate(texts)
        except (LoadFailed, PoolSaturated, DeviceLost) as error:
            if not tier.fallback:
                raise
            return await self._fall_back(error, route, texts, terms, work)

    def _reading(self, terms: Terms, work: _Work) -> Reading:
        detect = partial(looks_like, self._detector, work.tier.languages)
        wishes = work.wishes
        return Reading(wishes.split, wishes.markup, terms, detect, wishes.alternatives)

    async def _fall_back(
        self, error: PoolError, route: Route, texts: Sequence[str], terms: Terms, work: _Work
    ) -> list[Answer]:
        """Answer with the configured other tier, and say so; with the first error where that cannot serve the pair."""
        other = replace(self._tiers[work.tier.fallback], fallback="")
        try:
            way = other.route(route.source, route.target)
            answers = await self._translate(way, texts, terms, replace(work, tier=other))
        except (PairUnsupported, PoolError):
            raise error from error.__cause__
        why = f"Tier {work.tier.name!r} could not answer, so {other.name!r} did: {error}"
        return [replace(answer, tier_used=other.name, warnings=(*answer.warnings, why)) for answer in answers]


@dataclass(frozen=True, slots=True)
class _Work:
    """What all texts of one request have in common. detected: their languages were not given."""

    tier: Tier
    client: str
    wishes: Wishes
    detected: bool


def _pairs(detections: Sequence[Detection | None], source: str, to: str, tier: Tier) -> list[Pair]:
    """Return each text's pair in the codes that the tier serves. Raises UnknownLanguage."""
    if source.lower() == AUTO:
        # A text without letters has no language; it comes back as it is, as if it were in the target's.
        return [(detection.language if detection else to, to) for detection in detections]
    return [(match(source, tier.sources).served, to)] * len(detections)


def _told(asked: Match, answers: list[Answer]) -> list[Answer]:
    """Say in every answer where the region or script that was asked for is not what it is in."""
    if asked.is_honoured:
        return answers
    why = f"region: {asked.requested} was asked for and {asked.used} is the nearest that this tier writes."
    return [replace(answer, warnings=(*answer.warnings, why)) for answer in answers]
