from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from app.composition import build_services, open_parts, resolve_tiers
from app.detection import FastTextDetector, Undecidable
from app.errors import PairUnsupported, UnknownTier
from app.languages import UnknownLanguage
from app.services import Services
from app.telemetry.metrics import Metrics
from app.text.markup import Format, Options
from app.wishes import Wishes
from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.base import EngineLoader
from model_pool.engines.ctranslate2 import CTranslate2Loader
from model_pool.engines.fake import FakeEngine, FakeLoader
from model_pool.engines.threads import ThreadPlan
from model_pool.types import DecodeOptions, EncodedSegment, Hypothesis
from tests.app.conftest import BOTH, EN_PT, Configure
from tests.embedded import HOUSE_IN_PORTUGUESE, WALK_IN_PORTUGUESE

Serving = Callable[..., AbstractAsyncContextManager[Services]]


@pytest.fixture
def opened(configure: Configure, tmp_path: Path) -> Serving:
    @asynccontextmanager
    async def open_services(loader: EngineLoader | None = None, **tiers: object) -> AsyncIterator[Services]:
        settings = configure(tiers=tiers or {"basic": BOTH})
        engines = loader or CTranslate2Loader()
        table = resolve_tiers(settings, Catalog(tmp_path), engines)
        services = build_services(settings, table, open_parts(settings, table, engines, FastTextDetector(), Metrics()))
        try:
            yield services
        finally:
            await services.close()

    return open_services


async def texts(services: Services, *given: str, source: str = "en", target: str = "pt") -> list[str]:
    return [one.answer.text for one in await services.translator.translate(given, source=source, target=target)]


async def test_each_text_gets_its_own_answer_in_order(opened: Serving) -> None:
    async with opened() as services:
        answers = await texts(services, "The house is red.", "Shall we walk?", "The house is red.")
        assert answers == [HOUSE_IN_PORTUGUESE, WALK_IN_PORTUGUESE, HOUSE_IN_PORTUGUESE]


async def test_layout_comes_back_as_it_was(opened: Serving) -> None:
    async with opened() as services:
        source = "\n  - The house is red.\r\n\r\n\tShall we walk?  The house is red.\n\n"
        (answer,) = await texts(services, source)
        assert answer == f"\n  - {HOUSE_IN_PORTUGUESE}\r\n\r\n\t{WALK_IN_PORTUGUESE}  {HOUSE_IN_PORTUGUESE}\n\n"


@pytest.mark.parametrize("blank", ["", " ", "\n\t\n", "42", "?!", "🙂 🙂", "\u200b"])
async def test_text_without_words_comes_back_as_it_is(opened: Serving, blank: str) -> None:
    async with opened() as services:
        (outcome,) = await services.translator.translate([blank], source="en", target="pt")
        assert outcome.answer.text == blank
        assert outcome.answer.model_used == "none"
        assert outcome.answer.confidence == 1.0


async def test_language_is_detected_for_each_text_and_not_for_the_batch(opened: Serving) -> None:
    # LibreTranslate #779: one detected language for a mixed batch.
    given = ["The house is red and very big.", "A casa é vermelha e muito grande.", "", "42 + 1"]
    async with opened() as services:
        outcomes = await services.translator.translate(given, source="auto", target="pt")
    assert [outcome.source for outcome in outcomes] == ["en", "pt", "pt", "pt"]
    assert outcomes[0].answer.text == "A casa é vermelha e muito grande."
    assert outcomes[1].answer.text == given[1]
    assert outcomes[1].answer.model_used == "none"


async def test_undecidable_text_is_an_error_and_no_guess(opened: Serving) -> None:
    async with opened() as services:
        with pytest.raises(Undecidable):
            await services.translator.translate(["Привет, как дела сегодня?"], source="auto", target="pt")


@pytest.mark.parametrize("code", ["pt", "pt-BR", "PT_br", "por", "por_Latn"])
async def test_codes_of_other_dialects_are_understood(opened: Serving, code: str) -> None:
    async with opened() as services:
        (outcome,) = await services.translator.translate(["Shall we walk?"], source="EN-us", target=code)
        assert (outcome.source, outcome.target) == ("en", "pt")


async def test_unknown_tier_language_and_pair_are_refused(opened: Serving) -> None:
    # Meeshy: unknown languages silently became eng->fra.
    async with opened(basic=EN_PT) as services:
        translate = services.translator.translate
        with pytest.raises(UnknownTier):
            await translate(["x"], source="en", target="pt", tier="gold")
        with pytest.raises(UnknownLanguage):
            await translate(["x"], source="en", target="tlh")
        with pytest.raises(UnknownLanguage):
            await translate(["x"], source="fr", target="pt")
        with pytest.raises((PairUnsupported, UnknownLanguage)):
            await translate(["x"], source="pt", target="en")
        with pytest.raises(PairUnsupported):
            await translate(["um dois três quatro"], source="auto", target="en")


async def test_long_sentence_is_split_and_nothing_is_cut(opened: Serving) -> None:
    # Meeshy: the tier's max_length was ignored.
    seen: list[int] = []

    def note(batch: Sequence[EncodedSegment]) -> None:
        seen.extend(len(segment.tokens) for segment in batch)

    words = " ".join(f"word{number}" for number in range(500))
    async with opened(FakeLoader(hook=note), basic=EN_PT | {"max_length": 64}) as services:
        (answer,) = await texts(services, words)
    assert answer == words
    assert max(seen) <= 64 + 1
    assert len(seen) > 10


async def test_segment_that_runs_into_the_output_limit_is_done_again_in_halves(opened: Serving) -> None:
    async with opened(Stubborn(longest=3), basic=EN_PT) as services:
        (outcome,) = await services.translator.translate(["one two three four"], source="en", target="pt")
    assert outcome.answer.text == "one two three four"
    assert not any("output limit" in warning for warning in outcome.answer.warnings)


async def test_output_that_stays_incomplete_is_flagged(opened: Serving) -> None:
    async with opened(Stubborn(longest=0), basic=EN_PT) as services:
        (outcome,) = await services.translator.translate(["one two three four"], source="en", target="pt")
    assert "output limit" in outcome.answer.warnings[0]


async def test_tiers_over_one_checkpoint_load_it_once(opened: Serving) -> None:
    loader = FakeLoader()
    async with opened(loader, basic=EN_PT, medium=EN_PT | {"beam_size": 2}, premium=EN_PT) as services:
        await asyncio.gather(
            *(services.translator.translate(["x y z"], source="en", target="pt", tier=t) for t in services.tiers)
        )
    assert len(loader.loaded) == 1


async def test_confidence_is_the_models_own(opened: Serving) -> None:
    async with opened() as services:
        sure, unsure = await services.translator.translate(
            ["The house is red.", "Quixotic zeugmas obfuscate."], source="en", target="pt"
        )
    assert 0 < unsure.answer.confidence < sure.answer.confidence <= 1


async def test_every_outcome_is_counted(opened: Serving) -> None:
    async with opened(FakeLoader()) as services:
        await services.translator.translate(["a b", "c d"], source="en", target="pt")
        assert services.counts.translations == 2


class Stubborn(FakeLoader):
    """Its engines never reach their end token on segments of more than `longest` tokens."""

    def __init__(self, longest: int) -> None:
        super().__init__()
        self._longest = longest

    def load(self, checkpoint: Checkpoint, *, device: str, compute_type: str, threads: ThreadPlan) -> FakeEngine:
        longest = self._longest

        class Engine(FakeEngine):
            def translate(
                self, segments: Sequence[EncodedSegment], options: DecodeOptions
            ) -> list[tuple[Hypothesis, ...]]:
                return [
                    (Hypothesis(segment.tokens, -0.1, truncated=len(segment.tokens) > longest),) for segment in segments
                ]

        return Engine()


async def test_alternatives_differ_from_the_translation_and_from_one_another(opened: Serving) -> None:
    async with opened() as services:
        given = ["The weather is nice today.", "Hello {name}, the house is red! Shall we walk?", "", "12:30"]
        outcomes = await services.translator.translate(given, source="en", target="pt", wishes=Wishes(alternatives=3))
        for outcome in outcomes[:2]:
            alternatives = outcome.answer.alternatives
            assert 1 <= len(alternatives) <= 3
            assert len({outcome.answer.text, *alternatives}) == 1 + len(alternatives)
        assert all(text.count("{name}") == 1 for text in outcomes[1].answer.alternatives)
        assert [outcome.answer.alternatives for outcome in outcomes[2:]] == [(), ()]
        assert [outcome.answer.text for outcome in outcomes] == await texts(services, *given)


async def test_alternatives_of_marked_text_have_all_its_tags(opened: Serving) -> None:
    async with opened() as services:
        html = "<p>The <b>house</b> is red. <a href='x'>Shall we walk?</a></p>"
        wishes = Wishes(markup=Options(Format.HTML), alternatives=2)
        (outcome,) = await services.translator.translate([html], source="en", target="pt", wishes=wishes)
        assert outcome.answer.alternatives
        for text in outcome.answer.alternatives:
            assert re.findall("<[^>]+>", text) == re.findall("<[^>]+>", html)
