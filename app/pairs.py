"""One language pair on one leased replica: read texts, translate their segments, write them again; calls the pool."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TypeVar

from app.answers import Answer, Piece
from app.concurrency import in_order
from app.glossaries.terms import NO_TERMS, Terms
from app.routes import Leg
from app.segments import SegmentTranslator, Translated, mean_score
from app.text.checks.checking import check
from app.text.checks.faults import warnings_of
from app.text.checks.readings import pair_of
from app.text.checks.tongues import Detect
from app.text.cutting import Cut
from app.text.document import Document, Range, assemble
from app.text.icu import branches
from app.text.inline import Mark, Segment
from app.text.kinds import Kind
from app.text.manuscript import Find, Manuscript, Written, following, marked_up, pieces, plain
from app.text.markup import Options
from app.text.placeholders import placeholders
from app.text.preparation import prepare
from app.text.segmentation import Split, unwrapped
from app.tiers import Tier
from model_pool.catalog.manifest import Manifest
from model_pool.pool import ModelPool, ReplicaLease
from model_pool.types import DecodeOptions, Translation

T = TypeVar("T")

_OFF_THE_LOOP = 5_000
"""Code points from which on texts are read and written in a thread, so that a long one holds up no other request."""

_AHEAD = 64
"""Pieces of a streamed text that are translated at once: enough to fill batches, little that is lost with a client."""

_SPECIAL_TOKENS = 4
"""Positions kept for end, language and prefix tokens where a checkpoint's own limit is the tighter one."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a request wants its texts read.

    split: what ends a segment. markup: the format, None for plain text. terms: words that are translated in one way
    only, or not at all; `terms.find(text)` has their marks. detect: tells the language of what was written.
    alternatives: how many other translations are wanted of each text.
    """

    split: Split = Split.SENTENCES
    markup: Options | None = None
    terms: Terms = NO_TERMS
    detect: Detect | None = None
    alternatives: int = 0


PLAINLY = Reading()


@dataclass(frozen=True, slots=True)
class PairTranslator:
    """Holds what a group of texts of one pair has in common."""

    pool: ModelPool
    lease: ReplicaLease
    leg: Leg
    tier: Tier
    client: str
    reading: Reading = PLAINLY

    async def translate(self, texts: Sequence[str]) -> list[Answer]:
        """Return one answer per text, in order. All their segments are queued at once. Raises MalformedMarkup."""
        translator = self._translator()
        messages = await self._messages(texts, translator)
        manuscripts = await _aside(texts, partial(self._read, texts, messages))
        segments = [segment for manuscript in manuscripts for segment in manuscript.segments]
        done = await translator.translate(segments)
        answers = await _aside(texts, partial(self._answers, manuscripts, done))
        if not self.reading.alternatives:
            return answers
        made = [one.segment for one in done]
        ways = _ways(made, await translator.others(segments, self.reading.alternatives))[: self.reading.alternatives]
        return await _aside(texts, partial(_with_alternatives, answers, manuscripts, ways))

    async def stream(self, text: str) -> AsyncGenerator[Piece]:
        """Yield the answers for a text's pieces in order, each as soon as it is there; joined, they are the text's.

        Raises MalformedMarkup.
        """
        translator = self._translator()
        find, divide = self._find(await self._messages([text], translator)), self._divide()
        manuscripts = await _aside([text], partial(pieces, text, self.reading.markup, find, divide))
        before: Written | None = None
        work = (translator.translate(list(one.segments)) for one in manuscripts)
        async with aclosing(in_order(work, ahead=_AHEAD)) as finished:
            for index, manuscript in enumerate(manuscripts):
                done = await anext(finished)
                now = manuscript, [one.segment for one in done]
                answer = self._answer(manuscript, done, following(before, now))
                yield Piece(answer, index, len(manuscripts))
                before = now

    def _translator(self) -> SegmentTranslator:
        manifest = self.leg.spec.checkpoint.manifest
        return SegmentTranslator(
            self._decode,
            self.tier.options,
            count=self.lease.resource.tokenizer.count,
            check=partial(
                check,
                pair=pair_of(self.leg.source, self.leg.target),
                detect=self.reading.detect,
                many_targets=len(manifest.targets) > 1,
            ),
        )

    def _read(self, texts: Sequence[str], messages: Mapping[str, str]) -> list[Manuscript]:
        """Cut texts into segments. messages: ICU messages, with their branches translated."""
        find, divide, markup = self._find(messages), self._divide(), self.reading.markup
        if markup is None:
            return [plain(text, find, divide) for text in texts]
        return [marked_up(text, markup, find, divide) for text in texts]

    def _answers(self, manuscripts: Sequence[Manuscript], done: Sequence[Translated]) -> list[Answer]:
        rest = iter(done)
        parts = ((one, list(islice(rest, one.size))) for one in manuscripts)
        return [self._answer(one, made, one.assembled([each.segment for each in made])) for one, made in parts]

    def _answer(self, manuscript: Manuscript, done: Sequence[Translated], text: str) -> Answer:
        """text: what the manuscript has become."""
        warnings = tuple(_warnings(manuscript, done))
        if not done:
            return Answer(text, warnings=warnings)
        faults = [fault for one in done for fault in one.faults]
        return Answer(
            text=text,
            model_used=_model_used(self.lease),
            confidence=math.exp(mean_score(done)),
            segments=len(done),
            cached=all(one.cached for one in done),
            route=(self.leg.source, self.leg.target),
            warnings=warnings,
            faults=Counter(fault.kind.value for fault in faults if fault.sure) if faults else {},
            retried=sum(one.attempts > 1 for one in done),
        )

    def _find(self, messages: Mapping[str, str]) -> Find:
        terms, unknown = self.reading.terms, self.lease.resource.tokenizer.unknown

        def find(text: str) -> list[Iterable[Mark]]:
            found = placeholders(text)
            if messages:
                found = [replace(one, literal=messages.get(one.literal or "", one.literal)) for one in found]
            return [found, terms.find(text), map(partial(_untouched, text), unknown(text))]

        return find

    def _divide(self) -> Callable[[Segment], Cut]:
        manifest, tokenizer = self.leg.spec.checkpoint.manifest, self.lease.resource.tokenizer
        limit = _segment_limit(manifest, self.tier.max_length)
        return partial(prepare, language=self.leg.source, count=tokenizer.count, limit=limit, split=self.reading.split)

    async def _messages(self, texts: Sequence[str], translator: SegmentTranslator) -> Mapping[str, str]:
        """Translate the words in the branches of ICU messages; what chooses between them stays."""
        if not any("{" in text for text in texts):
            return {}
        documents = await _aside(texts, partial(_messages_in, texts))
        pieces = [piece for document in documents.values() for piece in document.segments]
        find, divide = self._find({}), self._divide()
        read = await _aside(pieces, lambda: [plain(piece, find, divide) for piece in pieces])
        done = iter(await translator.translate([segment for one in read for segment in one.segments]))
        made = iter([one.assembled([next(done).segment for _ in one.segments]) for one in read])
        return {
            message: assemble(document, [next(made) for _ in document.segments])
            for message, document in documents.items()
        }

    async def _decode(self, texts: Sequence[str], options: DecodeOptions) -> list[Translation]:
        return await self.pool.translate(
            self.lease,
            texts if self.reading.split is Split.SENTENCES else [unwrapped(text) for text in texts],
            source=self.leg.source,
            target=self.leg.target,
            options=options,
            client=self.client,
        )


async def _aside(texts: Sequence[str], work: Callable[[], T]) -> T:
    """Do something with all of these texts: in a thread where they are long, or other requests would wait for it."""
    return await asyncio.to_thread(work) if sum(map(len, texts)) > _OFF_THE_LOOP else work()


def _messages_in(texts: Sequence[str]) -> dict[str, Document]:
    """Return each ICU message in the texts with the words in its branches."""
    found = (mark.literal or "" for text in texts for mark in placeholders(text, kinds=(Kind.MESSAGE,)))
    return {message: branches(message) for message in dict.fromkeys(found)}


def _untouched(text: str, place: Range) -> Mark:
    """A literal for what the checkpoint has no pieces for. Signs are no words of a sentence, as little as emoji."""
    literal = text[slice(*place)]
    kind = Kind.IDENTIFIER if any(map(str.isalnum, literal)) else Kind.EMOJI
    return Mark(*place, literal=literal, kind=kind)


def _segment_limit(manifest: Manifest, max_length: int) -> int:
    """Return how many tokens a segment may have: the tier's choice, or what the checkpoint has positions for."""
    positions = [limit for limit in (manifest.max_source_tokens, manifest.max_target_tokens) if limit is not None]
    return max(1, min([max_length, *(limit - _SPECIAL_TOKENS for limit in positions)]))


def _ways(made: Sequence[Segment], others: Sequence[Sequence[Segment]]) -> list[list[Segment]]:
    """Return every segment's second best, then its third best and so on; one that has none left stays as made."""
    left = [[one for one in each if one.source != best.source] for best, each in zip(made, others, strict=True)]
    return [
        [each[place] if place < len(each) else best for best, each in zip(made, left, strict=True)]
        for place in range(max(map(len, left), default=0))
    ]


def _with_alternatives(
    answers: Sequence[Answer], manuscripts: Sequence[Manuscript], ways: Sequence[Sequence[Segment]]
) -> list[Answer]:
    texts: list[list[str]] = [[] for _ in answers]
    for way in ways:
        rest = iter(way)
        for manuscript, found in zip(manuscripts, texts, strict=True):
            found.append(manuscript.assembled(list(islice(rest, manuscript.size))))
    return [
        replace(answer, alternatives=tuple(text for text in dict.fromkeys(found) if text != answer.text))
        for answer, found in zip(answers, texts, strict=True)
    ]


def _warnings(manuscript: Manuscript, done: Sequence[Translated]) -> Iterator[str]:
    if manuscript.skipped:
        yield f"untranslated: {manuscript.skipped} passage(s) could not be told from markup and stay as they were."
    incomplete = sum(one.truncated for one in done)
    if incomplete:
        yield f"truncated: {incomplete} segment(s) ran into the output limit and may be repetitive or incomplete."
    doubted = [mark.literal or mark.before + mark.after for one in done for mark in one.missing]
    if doubted:
        yield f"placeholder: the place of {', '.join(doubted[:5])} is a guess ({len(doubted)} in all)."
    yield from warnings_of(fault for one in done for fault in one.faults)


def _model_used(lease: ReplicaLease) -> str:
    replica = lease.resource
    spec = replica.spec
    return f"{spec.checkpoint.reference}#{spec.key.digest[:12]}:{replica.engine.compute_type}"
