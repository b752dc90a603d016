"""Translates segments: hides their marks, puts them back, checks the outcome, and tries again where it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from app.concurrency import together
from app.retries import next_retry, weight
from app.text.capitals import hushed, is_shouted, raised
from app.text.checks.faults import Fault
from app.text.cutting import Cut, cut
from app.text.fitting import Count
from app.text.inline import Mark, Segment
from app.text.lifting import words_between
from app.text.masking import ATTEMPTS, Masked, mask
from app.text.preparation import halve
from app.text.projection import Projected, project
from model_pool.turns import in_turns
from model_pool.types import DecodeOptions, Translation

Decode = Callable[[Sequence[str], DecodeOptions], Coroutine[None, None, list[Translation]]]
Check = Callable[[str, str], tuple[Fault, ...]]

_AT_ONCE = 16
"""Segments masked, projected or checked between two turns of the loop."""

_BEAM = 4
"""For marks that the first attempt lost: with other stand-ins it finds a few more of them (docs/text.md)."""


class Cutting(Enum):
    """What a model is shown of a segment at a time."""

    WHOLE = auto()
    HALVES = auto()
    BETWEEN_MARKS = auto()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to translate a segment. stand_ins: which ones its literals are shown as."""

    options: DecodeOptions
    cutting: Cutting = Cutting.WHOLE
    stand_ins: int = 0


@dataclass(frozen=True, slots=True)
class Translated:
    """What became of a segment.

    score: mean log probability per target token, of which there are `target_tokens`. missing: marks whose place is a
    guess. attempts: how often it was translated.
    """

    segment: Segment
    score: float
    target_tokens: int
    truncated: bool
    cached: bool
    missing: tuple[Mark, ...] = ()
    faults: tuple[Fault, ...] = ()
    attempts: int = 1

    @property
    def badness(self) -> tuple[int, bool, float, float]:
        """What is lower is better."""
        return len(self.missing), self.truncated, weight(self.faults), -self.score


class SegmentTranslator:
    """Translates the segments of one pair.

    decode: translates plain texts. check: what is wrong with a translation of a source, both in plain words.
    """

    def __init__(self, decode: Decode, options: DecodeOptions, *, count: Count, check: Check) -> None:
        self._decode = decode
        self._options = options
        self._count = count
        self._check = check

    async def translate(self, segments: Sequence[Segment]) -> list[Translated]:
        """Return one translation for each segment, in order: the best of as many attempts as are worth their time."""
        first = Attempt(self._options)
        made = await self._attempt([(segment, first) for segment in segments])
        while again := [
            (index, attempt)
            for index, one in enumerate(made)
            if (attempt := next_attempt(one, self._options)) is not None
        ]:
            others = await self._attempt([(segments[index], attempt) for index, attempt in again])
            for (index, _), other in zip(again, others, strict=True):
                attempts = made[index].attempts + 1
                made[index] = replace(min(made[index], other, key=lambda one: one.badness), attempts=attempts)
        return made

    async def others(self, segments: Sequence[Segment], count: int) -> list[list[Segment]]:
        """Return other translations of each segment, likeliest first: those of a beam that nothing is wrong with.

        The best one may be among them, so there are at most `count` + 1.
        """
        options = replace(self._options, beam_size=max(count + 1, self._options.beam_size), num_hypotheses=count + 1)
        attempt = Attempt(options)
        cuts = await in_turns(lambda segment: self._cut(segment, attempt), segments, at_once=_AT_ONCE)
        parts = await in_turns(lambda apart: _Part(apart.segments[0], attempt), cuts, at_once=_AT_ONCE)
        done = list(zip(cuts, parts, await self._decoded(parts), strict=True))
        return await in_turns(lambda one: self._sound(*one), done, at_once=max(1, _AT_ONCE // (count + 1)))

    def _sound(self, apart: Cut, part: _Part, translation: Translation) -> list[Segment]:
        made = [self._joined(apart, [part.translated(one)]) for one in (translation, *translation.others)]
        return [one.segment for one in made if not (one.missing or one.truncated or any(f.sure for f in one.faults))]

    async def _attempt(self, work: Sequence[tuple[Segment, Attempt]]) -> list[Translated]:
        cuts = await in_turns(lambda one: self._cut(*one), work, at_once=_AT_ONCE)
        shown = [(one, attempt) for (_, attempt), apart in zip(work, cuts, strict=True) for one in apart.segments]
        parts = await in_turns(lambda one: _Part(*one), shown, at_once=_AT_ONCE)
        done = iter(await self._parts(parts))
        return await in_turns(
            lambda apart: self._joined(apart, [next(done) for _ in apart.segments]), cuts, at_once=_AT_ONCE
        )

    def _cut(self, segment: Segment, attempt: Attempt) -> Cut:
        if attempt.cutting is Cutting.HALVES:
            return halve(segment, self._count)
        if attempt.cutting is Cutting.BETWEEN_MARKS:
            return cut(segment, words_between(segment))
        return cut(segment, [(0, len(segment.text))])

    async def _parts(self, parts: Sequence[_Part]) -> list[Translated]:
        translations = await self._decoded(parts)
        return await in_turns(
            lambda index: parts[index].translated(translations[index]), range(len(parts)), at_once=_AT_ONCE
        )

    async def _decoded(self, parts: Sequence[_Part]) -> list[Translation]:
        """Translate parts, those with the same options together."""
        groups: dict[DecodeOptions, list[int]] = {}
        for index, part in enumerate(parts):
            groups.setdefault(part.options, []).append(index)
        decoded = await together(
            self._decode([parts[index].text for index in indexes], options) for options, indexes in groups.items()
        )
        translations = {
            index: translation
            for indexes, group in zip(groups.values(), decoded, strict=True)
            for index, translation in zip(indexes, group, strict=True)
        }
        return [translations[index] for index in range(len(parts))]

    def _joined(self, apart: Cut, parts: Sequence[Translated]) -> Translated:
        whole = apart.joined([part.segment for part in parts])
        return Translated(
            segment=whole,
            score=mean_score(parts),
            target_tokens=sum(part.target_tokens for part in parts),
            truncated=any(part.truncated for part in parts),
            cached=all(part.cached for part in parts),
            missing=tuple(one for part in parts for one in part.missing),
            faults=self._check(apart.whole.text, whole.text),
        )


class _Part:
    """What a model is shown at once."""

    def __init__(self, segment: Segment, attempt: Attempt) -> None:
        literals = [(one.start, one.end) for one in segment.marks if one.literal is not None]
        self._shouted = is_shouted(segment.text, literals)
        if self._shouted:
            segment = replace(segment, text=hushed(segment.text, literals))
        self._masked: Masked | None = mask(segment, attempt.stand_ins) if segment.marks else None
        self.text = self._masked.text if self._masked else segment.text
        self.options = replace(attempt.options, return_attention=True) if self._masked else attempt.options

    def translated(self, translation: Translation) -> Translated:
        """Put the marks back."""
        projected = Projected(Segment(translation.text))
        if self._masked is not None:
            projected = project(self._masked, translation.text, translation.links)
        segment = projected.segment
        if self._shouted:
            literals = [(one.start, one.end) for one in segment.marks if one.literal is not None]
            segment = replace(segment, text=raised(segment.text, literals))
        return Translated(
            segment,
            score=translation.score,
            target_tokens=translation.target_tokens,
            truncated=translation.truncated,
            cached=translation.cached,
            missing=projected.missing,
        )


def next_attempt(made: Translated, options: DecodeOptions) -> Attempt | None:
    """What to try for a segment that has come out like this; None where it is well, or nothing is worth its time."""
    if made.missing:
        wider = replace(options, beam_size=max(_BEAM, options.beam_size))
        if made.attempts < ATTEMPTS:
            return Attempt(wider, stand_ins=made.attempts)
        return Attempt(options, Cutting.BETWEEN_MARKS) if made.attempts == ATTEMPTS else None
    if made.truncated and made.attempts == 1:
        return Attempt(options, Cutting.HALVES)
    retry = next_retry(made.faults, made.attempts - 1, options)
    if retry is None:
        return None
    return Attempt(retry.options, Cutting.HALVES if retry.halved else Cutting.WHOLE)


def mean_score(parts: Sequence[Translated]) -> float:
    """Return the mean log probability per target token; the end token of each part counts as one."""
    if len(parts) == 1:
        return parts[0].score
    weights = [part.target_tokens + 1 for part in parts]
    total = sum(part.score * weight for part, weight in zip(parts, weights, strict=True))
    return total / sum(weights) if weights else 0.0
