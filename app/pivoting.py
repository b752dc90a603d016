"""A route's legs, one after the other: what one leg wrote the next reads; holds one lease at a time; calls the pool."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

from app.answers import UNTRANSLATED, Answer, Piece
from app.concurrency import together
from app.glossaries.terms import NO_TERMS, Terms, TermTable
from app.pairs import PLAINLY, PairTranslator, Reading
from app.routes import Leg, Route
from app.tiers import Tier
from model_pool.errors import PoolSaturated
from model_pool.pool import ModelPool, ReplicaLease

_ATTEMPTS = 3
"""At the lease of a later leg, for whose sake other work has been done already."""


@dataclass(frozen=True, slots=True)
class RouteTranslator:
    """Translates a group of texts of one pair along its route.

    Each leg has its lease and has given it back before the next one asks: two that are held together can wait for each
    other's room for ever, one cannot. So memory for the larger of two checkpoints is enough for a pivot.
    """

    pool: ModelPool
    route: Route
    tier: Tier
    client: str
    reading: Reading = PLAINLY

    async def translate(self, texts: Sequence[str]) -> list[Answer]:
        """Return one answer per text, in order. Raises what the pool does."""
        first, *others = self.route.legs
        async with self.pool.lease(first.spec) as lease:
            answers = await self._pair(first, lease, self.reading.terms).translate(texts)
        for leg in others:
            async with self._patient_lease(leg) as lease:
                following = await self._go_on(leg, lease, [answer.text for answer in answers], texts)
            answers = [_joined(before, after) for before, after in zip(answers, following, strict=True)]
        return answers if self.route.is_direct else [self._told(answer) for answer in answers]

    async def stream(self, text: str) -> AsyncGenerator[Piece]:
        """Yield the answers for a text's pieces, in order; a pivot's second leg begins when the first has done all."""
        *others, last = self.route.legs
        before, terms = Answer(text), self.reading.terms
        if others:
            (before,) = await replace(self, route=Route(tuple(others))).translate([text])
            terms = _held(terms.held_for_next_leg(text)) if terms else NO_TERMS
        leasing = self._patient_lease(last) if others else self.pool.lease(last.spec)
        async with leasing as lease, aclosing(self._pair(last, lease, terms).stream(before.text)) as pieces:
            async for piece in pieces:
                yield replace(piece, answer=self._continued(before, piece)) if others else piece

    def _continued(self, before: Answer, piece: Piece) -> Answer:
        """Return a piece's answer, with what the legs before it have to tell in the first one."""
        if piece.index:
            before = replace(before, warnings=(), faults={}, retried=0)
        answer = replace(_joined(before, piece.answer), segments=piece.answer.segments)
        told = self._told(answer)
        return replace(told, warnings=answer.warnings) if piece.index else told

    async def _go_on(
        self, leg: Leg, lease: ReplicaLease, texts: Sequence[str], originals: Sequence[str]
    ) -> list[Answer]:
        """Translate what the leg before wrote; terms that it put in are in the last language and stay as they are."""
        if not self.reading.terms:
            return await self._pair(leg, lease, NO_TERMS).translate(texts)
        groups: dict[frozenset[str], list[int]] = {}
        for index, literals in enumerate(map(self.reading.terms.held_for_next_leg, originals)):
            groups.setdefault(literals, []).append(index)
        work = (
            self._pair(leg, lease, _held(literals)).translate([texts[index] for index in indexes])
            for literals, indexes in groups.items()
        )
        following = [Answer(text) for text in texts]
        for indexes, answers in zip(groups.values(), await together(work), strict=True):
            for index, answer in zip(indexes, answers, strict=True):
                following[index] = answer
        return following

    def _pair(self, leg: Leg, lease: ReplicaLease, terms: Terms) -> PairTranslator:
        wanted = self.reading.alternatives if leg is self.route.legs[-1] else 0
        reading = self.reading
        if terms is not reading.terms or wanted != reading.alternatives:
            reading = replace(reading, terms=terms, alternatives=wanted)
        return PairTranslator(self.pool, lease, leg, self.tier, self.client, reading)

    @asynccontextmanager
    async def _patient_lease(self, leg: Leg) -> AsyncIterator[ReplicaLease]:
        """Hold a lease, waiting where there is no room: often it is the leg before that has yet to grow old enough."""
        lease = await self._acquire(leg)
        try:
            yield lease
        finally:
            self.pool.release(lease)

    async def _acquire(self, leg: Leg, attempts: int = _ATTEMPTS) -> ReplicaLease:
        """Ask again when there may be room. With another tier to fall back on nobody waits."""
        try:
            return await self.pool.acquire(leg.spec)
        except PoolSaturated as error:
            if error.retry_after is None or attempts == 1 or self.tier.fallback:
                raise
            await asyncio.sleep(error.retry_after)
        return await self._acquire(leg, attempts - 1)

    def _told(self, answer: Answer) -> Answer:
        if answer.model_used == UNTRANSLATED:
            return answer
        languages = self.route.languages
        way = f"pivot: {' > '.join(languages)}, as no checkpoint of this tier serves {languages[0]} to {languages[-1]}."
        return replace(answer, route=languages, warnings=(way, *answer.warnings))


def _held(literals: frozenset[str]) -> Terms:
    return Terms((TermTable({}, sorted(literals)),)) if literals else NO_TERMS


def _joined(before: Answer, after: Answer) -> Answer:
    """Return the answer of two legs. Its confidence is that of both being right."""
    if after.model_used == UNTRANSLATED:
        return replace(before, text=after.text)
    if before.model_used == UNTRANSLATED:
        return after
    return replace(
        after,
        model_used=f"{before.model_used} > {after.model_used}",
        confidence=before.confidence * after.confidence,
        segments=before.segments,
        cached=before.cached and after.cached,
        warnings=(*before.warnings, *after.warnings),
        faults=Counter(before.faults) + Counter(after.faults),
        retried=before.retried + after.retried,
    )
