"""One language pair on one leased replica: prepare texts, translate segments, assemble; calls the pool."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from app.glossaries.terms import NO_TERMS, Terms
from app.routes import Leg
from app.text.document import Document
from app.text.fitting import Count
from app.text.joining import joined
from app.text.preparation import halve, prepare
from app.text.segmentation import Split, unwrapped
from app.tiers import Tier
from model_pool.catalog.manifest import Manifest
from model_pool.pool import ModelPool, ReplicaLease
from model_pool.types import Translation

UNTRANSLATED = "none"
"""`model_used` of a text that is in the target language already, or has nothing to translate in it."""

_OFF_THE_LOOP = 5_000
"""Code points from which on preparation runs in a thread, so that a long text does not hold up other requests."""

_SPECIAL_TOKENS = 4
"""Positions kept for end, language and prefix tokens where a checkpoint's own limit is the tighter one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One translated text before it is dressed for a client.

    confidence: geometric mean of the model's probabilities over the target tokens, in [0, 1]; 1 where nothing was
    translated. cached: every segment was translated for an earlier request. tier_used: "" for the one asked for.
    route: every language on the way, the text's own included; empty where nothing was translated.
    """

    text: str
    model_used: str = UNTRANSLATED
    confidence: float = 1.0
    segments: int = 0
    cached: bool = False
    tier_used: str = ""
    route: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PairTranslator:
    """Holds what a group of texts of one pair has in common.

    terms: words that are translated in one way only, or not at all; `terms.find(text)` has their marks.
    """

    pool: ModelPool
    lease: ReplicaLease
    leg: Leg
    tier: Tier
    client: str
    split: Split = Split.SENTENCES
    terms: Terms = NO_TERMS

    @property
    def _count(self) -> Count:
        return self.lease.resource.tokenizer.count

    async def translate(self, texts: Sequence[str]) -> list[Answer]:
        """Return one answer per text, in order. All their segments are queued at once."""
        documents = await self._prepare(texts)
        segments = [segment for document in documents for segment in document.segments]
        translations = iter(await self._complete(segments))
        model = _model_used(self.lease)
        return [_answer(document, list(islice(translations, len(document.segments))), model) for document in documents]

    async def _prepare(self, texts: Sequence[str]) -> list[Document]:
        count, limit = self._count, _segment_limit(self.leg.spec.checkpoint.manifest, self.tier.max_length)

        def work() -> list[Document]:
            return [prepare(text, self.leg.source, count, limit, self.split) for text in texts]

        return await asyncio.to_thread(work) if sum(map(len, texts)) > _OFF_THE_LOOP else work()

    async def _complete(self, segments: Sequence[str]) -> list[Translation]:
        """Translate segments; each that ran into the output limit once more, in halves."""
        translations = await self._decode(segments)
        for index, translation in enumerate(translations):
            if translation.truncated:
                halves = halve(segments[index], self._count)
                translations[index] = _joined(halves, await self._decode(halves.segments))
        return translations

    async def _decode(self, segments: Sequence[str]) -> list[Translation]:
        return await self.pool.translate(
            self.lease,
            segments if self.split is Split.SENTENCES else [unwrapped(segment) for segment in segments],
            source=self.leg.source,
            target=self.leg.target,
            options=self.tier.options,
            client=self.client,
        )


def _segment_limit(manifest: Manifest, max_length: int) -> int:
    """Return how many tokens a segment may have: the tier's choice, or what the checkpoint has positions for."""
    positions = [limit for limit in (manifest.max_source_tokens, manifest.max_target_tokens) if limit is not None]
    return max(1, min([max_length, *(limit - _SPECIAL_TOKENS for limit in positions)]))


def _joined(halves: Document, parts: Sequence[Translation]) -> Translation:
    tokens = sum(part.target_tokens for part in parts)
    return Translation(
        texts=(joined(halves, [part.text for part in parts]),),
        scores=(_mean_score(parts),),
        source_tokens=sum(part.source_tokens for part in parts),
        target_tokens=tokens,
        truncated=any(part.truncated for part in parts),
    )


def _answer(document: Document, translations: Sequence[Translation], model: str) -> Answer:
    if not translations:
        return Answer(document.source)
    incomplete = sum(translation.truncated for translation in translations)
    return Answer(
        text=joined(document, [translation.text for translation in translations]),
        model_used=model,
        confidence=math.exp(_mean_score(translations)),
        segments=len(translations),
        cached=all(translation.cached for translation in translations),
        warnings=(_incomplete(incomplete),) if incomplete else (),
    )


def _mean_score(translations: Sequence[Translation]) -> float:
    """Return the mean log probability per target token; the end token of each segment counts as one."""
    weights = [translation.target_tokens + 1 for translation in translations]
    total = sum(t.scores[0] * weight for t, weight in zip(translations, weights, strict=True))
    return total / sum(weights) if weights else 0.0


def _incomplete(count: int) -> str:
    return f"{count} segment(s) ran into the output limit and may be repetitive or incomplete."


def _model_used(lease: ReplicaLease) -> str:
    replica = lease.resource
    spec = replica.spec
    return f"{spec.checkpoint.reference}#{spec.key.digest[:12]}:{replica.engine.compute_type}"
