"""The orchestration: tier, languages, detection, then each pair on its replica; the only caller of the pool."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import perf_counter

from app.answers import Answer, Piece, joined
from app.concurrency import together
from app.detection import Detection, Detector, Undecidable
from app.fallbacks import TierTranslator
from app.languages import Match, match
from app.text.characters import has_letter
from app.tiers import Tier, TierTable
from app.wishes import NO_WISHES, Wishes
from model_pool.pool import ModelPool

AUTO = "auto"

Pair = tuple[str, str]
"""Source and target as BCP 47 codes that the tier serves."""


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


@dataclass(frozen=True, slots=True)
class Streamed:
    """One piece of a text's translation, the `index`-th of `count`. whole: the text's outcome, with the last piece."""

    index: int
    count: int
    piece: Outcome
    whole: Outcome | None


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
        way = self._way(chosen, source, client, wishes)
        answers = _told(asked, await _answers(texts, pairs, way))
        seconds = perf_counter() - started
        outcomes = [
            Outcome(text, answer, *pair, tier=chosen.name, seconds=seconds, detection=detection)
            for text, answer, pair, detection in zip(texts, answers, pairs, detections, strict=True)
        ]
        self._on_done(outcomes)
        return outcomes

    async def stream(
        self,
        text: str,
        *,
        source: str,
        target: str,
        tier: str | None = None,
        client: str = "",
        wishes: Wishes = NO_WISHES,
    ) -> AsyncGenerator[Streamed]:
        """Yield a text's translation piece by piece, in order; joined they are what `translate` returns.

        A piece is a segment of plain text, or a block of markup. The last one has the outcome for the whole text.
        """
        started = perf_counter()
        chosen = self._tiers[tier or self._tiers.default]
        (detection,) = await self._detect([text], source, chosen)
        asked = match(target, chosen.languages)
        (pair,) = _pairs([detection], source, asked.served, chosen)
        answers: list[Answer] = []
        async with aclosing(self._pieces(text, pair, self._way(chosen, source, client, wishes))) as pieces:
            async for piece in pieces:
                answers += _told(asked, [piece.answer]) if piece.index == 0 else [piece.answer]
                outcome = Outcome(text, answers[-1], *pair, chosen.name, perf_counter() - started, detection)
                last = piece.index + 1 == piece.count
                whole = replace(outcome, answer=joined(answers)) if last else None
                if whole is not None:
                    self._on_done([whole])
                yield Streamed(piece.index, piece.count, outcome, whole)

    async def _pieces(self, text: str, pair: Pair, way: TierTranslator) -> AsyncGenerator[Piece]:
        if pair[0] == pair[1]:
            yield Piece(Answer(text), 0, 1)
            return
        async with aclosing(way.stream(way.tier.route(*pair), text)) as pieces:
            async for piece in pieces:
                yield piece

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

    def _way(self, tier: Tier, source: str, client: str, wishes: Wishes) -> TierTranslator:
        detected = source.lower() == AUTO
        return TierTranslator(self._pool, self._tiers, self._detector, tier, client, wishes, detected)


async def _answers(texts: Sequence[str], pairs: Sequence[Pair], way: TierTranslator) -> list[Answer]:
    """Translate the texts of each pair together, and the pairs side by side."""
    groups: dict[Pair, list[int]] = {}
    for index, pair in enumerate(pairs):
        groups.setdefault(pair, []).append(index)
    routes = {pair: way.tier.route(*pair) for pair in groups if pair[0] != pair[1]}
    translated = await together(
        way.translate(route, [texts[index] for index in groups[pair]]) for pair, route in routes.items()
    )
    answers = [Answer(text) for text in texts]
    for pair, made in zip(routes, translated, strict=True):
        for index, answer in zip(groups[pair], made, strict=True):
            answers[index] = answer
    return answers


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
