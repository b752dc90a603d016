"""Texts of one pair by a tier's route, or by its fallback tier where that cannot: calls the pool."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

from app.answers import Answer, Piece
from app.detection import Detector, looks_like
from app.errors import PairUnsupported
from app.glossaries.terms import Terms
from app.pairs import Reading
from app.pivoting import RouteTranslator
from app.routes import Route
from app.tiers import Tier, TierTable
from app.wishes import Wishes
from model_pool.errors import DeviceLost, LoadFailed, PoolError, PoolSaturated
from model_pool.pool import ModelPool

_UNAVAILABLE = (LoadFailed, PoolSaturated, DeviceLost)


@dataclass(frozen=True, slots=True)
class TierTranslator:
    """What all texts of one request have in common. detected: their languages were not given."""

    pool: ModelPool
    tiers: TierTable
    detector: Detector
    tier: Tier
    client: str
    wishes: Wishes
    detected: bool

    async def translate(self, route: Route, texts: Sequence[str]) -> list[Answer]:
        """Return one answer per text, in order. Raises what the pool does, GlossaryMismatch, MalformedMarkup."""
        terms = await self._terms(route)
        answers = await self._translated(route, texts, terms)
        lacking = tuple(self._lacking(route))
        return [replace(one, warnings=(*one.warnings, *lacking)) for one in answers] if lacking else answers

    async def stream(self, route: Route, text: str) -> AsyncGenerator[Piece]:
        """Yield the answers for a text's pieces, in order. Falls back before the first one only. Raises the same."""
        terms = await self._terms(route)
        lacking = tuple(self._lacking(route))
        async with aclosing(self._streamed(route, text, terms)) as pieces:
            async for piece in pieces:
                yield _warned(piece, lacking)

    async def _terms(self, route: Route) -> Terms:
        return await self.wishes.wording.terms(route.source, route.target, required=not self.detected)

    def _lacking(self, route: Route) -> Iterator[str]:
        if self.wishes.wording.lacks(route.source, route.target):
            yield f"glossary: it has no dictionary for {route.source} to {route.target}, so it was not used."

    async def _translated(self, route: Route, texts: Sequence[str], terms: Terms) -> list[Answer]:
        try:
            return await self._way(route, terms).translate(texts)
        except _UNAVAILABLE as error:
            other, there, why = self._other(route, error)
            try:
                answers = await other._translated(there, texts, terms)  # noqa: SLF001 - another of us
            except PoolError:
                raise error from error.__cause__
        return [replace(one, tier_used=other.tier.name, warnings=(*one.warnings, why)) for one in answers]

    async def _streamed(self, route: Route, text: str, terms: Terms) -> AsyncGenerator[Piece]:
        begun = False
        try:
            async with aclosing(self._way(route, terms).stream(text)) as pieces:
                async for piece in pieces:
                    begun = True
                    yield piece
        except _UNAVAILABLE as error:
            if begun:
                raise
            first = error
        else:
            return
        other, there, why = self._other(route, first)
        try:
            async with aclosing(other._way(there, terms).stream(text)) as pieces:  # noqa: SLF001 - another of us
                async for piece in pieces:
                    begun = True
                    yield _warned(replace(piece, answer=replace(piece.answer, tier_used=other.tier.name)), (why,))
        except PoolError:
            if begun:
                raise
            raise first from first.__cause__

    def _way(self, route: Route, terms: Terms) -> RouteTranslator:
        detect = partial(looks_like, self.detector, self.tier.languages)
        wishes = self.wishes
        reading = Reading(wishes.split, wishes.markup, terms, detect, wishes.alternatives)
        return RouteTranslator(self.pool, route, self.tier, self.client, reading)

    def _other(self, route: Route, error: PoolError) -> tuple[TierTranslator, Route, str]:
        """Return the configured other tier, its way, and what to say of it. Raises `error` where there is none."""
        if not self.tier.fallback:
            raise error
        other = replace(self.tiers[self.tier.fallback], fallback="")
        try:
            there = other.route(route.source, route.target)
        except PairUnsupported:
            raise error from error.__cause__
        why = f"Tier {self.tier.name!r} could not answer, so {other.name!r} did: {error}"
        return replace(self, tier=other), there, why


def _warned(piece: Piece, warnings: tuple[str, ...]) -> Piece:
    """Add warnings to the first piece: they are about all of the text."""
    if piece.index or not warnings:
        return piece
    return replace(piece, answer=replace(piece.answer, warnings=(*piece.answer.warnings, *warnings)))
