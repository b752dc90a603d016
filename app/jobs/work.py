"""One document from its file to its result, in windows that are kept one by one; calls the translator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from app.detection import Detector
from app.documents import FORMATS, Content, DocumentLimits
from app.glossaries.library import Library, Wording
from app.jobs.files import JobFiles
from app.jobs.patience import patiently
from app.jobs.sources import Languages, languages_of
from app.jobs.tally import Tally
from app.jobs.windows import Window, digest_of, windows
from app.jobs.worklog import Begun, Kept, Settled, WorkLog
from app.quotas import Clock, Usage
from app.text.markup import MalformedMarkup
from app.tiers import TierTable
from app.translate import Outcome, Translator
from app.wishes import Wishes
from model_pool.errors import OutOfMemory, PoolError, SegmentFailed, SegmentTooLong

_OF_ONE_UNIT = (MalformedMarkup, OutOfMemory, SegmentFailed, SegmentTooLong)
"""What may be the fault of one unit among many."""


class Serving(Protocol):
    """What `Services` has for a job: the configuration in force."""

    @property
    def tiers(self) -> TierTable:
        """Every tier."""

    @property
    def translator(self) -> Translator:
        """What translates now."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the work on every document takes. serving: asked again for each window, as a reload may replace it."""

    serving: Callable[[], Serving]
    detector: Detector
    library: Library
    usage: Usage
    files: JobFiles
    log: WorkLog
    limits: DocumentLimits
    clock: Clock

    async def translate(self, begun: Begun) -> int:
        """Read, translate and write a document; return the bytes of its result.

        Raises what any of the three does, QuotaExceeded, and JobNotFound where it was deleted meanwhile.
        """
        content = await asyncio.to_thread(self._read, begun)
        characters = sum(len(unit.text) for unit in content.units)
        with self.usage.charged(begun.job.owner, characters):
            languages = await asyncio.to_thread(self._languages, begun, content)
            kept = await asyncio.to_thread(self._settle, begun, content, languages, characters)
            texts = await self._texts(begun, content, languages, kept)
            return await asyncio.to_thread(self._write, begun, content, texts, languages.target)

    def _read(self, begun: Begun) -> Content:
        return FORMATS[begun.job.format].read(self.files.source(begun.job.id), self.limits)

    def _languages(self, begun: Begun, content: Content) -> Languages:
        tiers = self.serving().tiers
        return languages_of(begun.order, tiers[begun.order.tier or tiers.default], content, self.detector)

    def _settle(self, begun: Begun, content: Content, languages: Languages, characters: int) -> Kept:
        notes = (*content.notes, *languages.notes)
        settled = Settled(digest_of(content.units), languages.source, languages.target, characters, notes)
        return self.log.settle(begun.job.id, settled)

    async def _texts(self, begun: Begun, content: Content, languages: Languages, kept: Kept) -> Sequence[str]:
        if languages.same:
            return [unit.text for unit in content.units]
        tally = Tally(kept.warnings)
        wording = await self._wording(begun, languages, tally)
        work = _Work(self, begun, content, languages, wording, tally, dict(kept.translations))
        await work.run()
        return [work.made[place] for place in range(len(content.units))]

    async def _wording(self, begun: Begun, languages: Languages, tally: Tally) -> Wording:
        """Read the glossary, which its sender was allowed to use when the job was made."""
        wishes, pair = begun.order.wishes, (languages.source, languages.target)
        wording = await self.library.wording(
            glossary_id=wishes.glossary_id, owner=None, entries=wishes.glossary, kept=wishes.kept
        )
        if not (languages.detected and wording.lacks(*pair)):
            return wording
        tally.hear([f"glossary: it has no dictionary for {pair[0]} to {pair[1]}, so it was not used."])
        return replace(wording, stored=None)

    def _write(self, begun: Begun, content: Content, texts: Sequence[str], target: str) -> int:
        result = content.write(texts, target)
        self.files.write_result(begun.job.id, result)
        return len(result)


@dataclass(slots=True)
class _Work:
    """The translating of one document. made: by unit, those kept from earlier attempts included."""

    shop: Workshop
    begun: Begun
    content: Content
    languages: Languages
    wording: Wording
    tally: Tally
    made: dict[int, str]
    failed: int = 0

    async def run(self) -> None:
        """Translate every unit that is not there yet, and keep each window. Raises what none of them gets past."""
        lengths = [len(unit.text) for unit in self.content.units]
        before = done = sum(lengths[place] for place in self.made)
        begun = self.shop.clock()
        for window in await asyncio.to_thread(lambda: list(windows(self.content.units, self.made))):
            made = await self._window(window)
            self.made |= made
            done += sum(lengths[place] for place in made)
            now = self.shop.clock()
            seconds = (now - begun) / max(1, done - before) * (sum(lengths) - done)
            keep = partial(self.shop.log.add, done=done, ready_at=now + seconds, warnings=self.tally.counts)
            await asyncio.to_thread(keep, self.begun.job.id, made)

    async def _window(self, window: Window) -> dict[int, str]:
        """Return the translations of a window. What one unit spoils is halved until that one alone stays as it was."""
        try:
            outcomes = await patiently(partial(self._translate, window))
        except _OF_ONE_UNIT as error:
            if len(window.places) > 1:
                first, second = window.halves()
                return await self._window(first) | await self._window(second)
            return self._left(window.places[0], error)
        for outcome in outcomes:
            self.tally.hear(outcome.answer.warnings)
        return {place: outcome.answer.text for place, outcome in zip(window.places, outcomes, strict=True)}

    async def _translate(self, window: Window) -> list[Outcome]:
        order = self.begun.order
        return await self.shop.serving().translator.translate(
            [self.content.units[place].text for place in window.places],
            source=self.languages.source,
            target=order.target,
            tier=order.tier,
            client=self.begun.client,
            wishes=Wishes(self.wording, order.wishes.split, window.markup),
        )

    def _left(self, place: int, error: MalformedMarkup | PoolError) -> dict[int, str]:
        self.failed += 1
        if self.failed == len(self.content.units):
            raise error  # not one of them was translated: it is no unit's fault
        self.tally.hear([f"untranslated: a passage stays as it was: {error}"])
        return {place: self.content.units[place].text}
