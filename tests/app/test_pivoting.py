from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from app.answers import Answer
from app.composition import build_services, open_parts, resolve_tiers
from app.detection import FastTextDetector
from app.glossaries.library import Wording
from app.glossaries.terms import TermTable
from app.pairs import PairTranslator
from app.services import Services
from app.telemetry.metrics import Metrics
from app.wishes import Wishes
from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.base import EngineLoader
from model_pool.engines.ctranslate2 import CTranslate2Loader
from model_pool.engines.fake import FakeEngine, FakeLoader
from model_pool.engines.threads import ThreadPlan
from model_pool.errors import LoadFailed, PoolSaturated
from model_pool.types import DecodeOptions, EncodedSegment, Hypothesis
from tests.app.conftest import EN_PT, Configure, Serve
from tests.embedded import HOUSE_IN_PORTUGUESE
from tests.fakes.relabelled import relabelled

Opened = Callable[..., AbstractAsyncContextManager[Services]]


class Naming(FakeLoader):
    """Its engines put the target language behind what they read; its loads take `mebibytes` at their peak."""

    def __init__(self, mebibytes: int = 1, broken: str = "") -> None:
        super().__init__(on_load=self._fail_on)
        self._mebibytes = mebibytes
        self._broken = broken

    def _fail_on(self, checkpoint: Checkpoint) -> None:
        if self._broken and self._broken in checkpoint.manifest.targets:
            raise OSError("disk on fire")

    def load(self, checkpoint: Checkpoint, *, device: str, compute_type: str, threads: ThreadPlan) -> FakeEngine:
        super().load(checkpoint, device=device, compute_type=compute_type, threads=threads)
        (target,) = checkpoint.manifest.targets

        class Engine(FakeEngine):
            def translate(
                self, segments: Sequence[EncodedSegment], options: DecodeOptions
            ) -> list[tuple[Hypothesis, ...]]:
                words = ([token for token in one.tokens if token != "</s>"] for one in segments)
                return [
                    tuple(
                        Hypothesis((*tokens, "▁" + target, *["▁again"] * place), -0.5 - place)
                        for place in range(options.num_hypotheses)
                    )
                    for tokens in words
                ]

        return Engine()

    def peak_bytes(self, checkpoint: Checkpoint, *, compute_type: str) -> int:
        return self._mebibytes * 2**20


@pytest.fixture
def opened(configure: Configure, tmp_path: Path) -> Opened:
    @asynccontextmanager
    async def open_services(loader: EngineLoader, *pairs: str, **sections: object) -> AsyncIterator[Services]:
        tier = {"checkpoints": [relabelled(tmp_path, *pair.split(">")) for pair in pairs]}
        settings = configure(**{"tiers": {"basic": tier}} | sections)
        table = resolve_tiers(settings, Catalog(tmp_path), loader)
        services = build_services(settings, table, open_parts(settings, table, loader, FastTextDetector(), Metrics()))
        try:
            yield services
        finally:
            await services.close()

    return open_services


async def test_alternatives_are_those_of_the_last_leg(opened: Opened) -> None:
    async with opened(Naming(), "es>en", "en>fr") as services:
        wishes = Wishes(alternatives=1)
        (outcome,) = await services.translator.translate(["hola amigo"], source="es", target="fr", wishes=wishes)
    assert outcome.answer.text == "hola amigo en fr"
    assert outcome.answer.alternatives == ("hola amigo en fr again",)


async def test_second_leg_reads_what_the_first_one_wrote(opened: Opened) -> None:
    async with opened(Naming(), "es>en", "en>fr") as services:
        outcomes = await services.translator.translate(["hola amigo", "\n - adios\n", "42"], source="es", target="fr")
    assert [outcome.answer.text for outcome in outcomes] == ["hola amigo en fr", "\n - adios en fr\n", "42"]
    assert [(outcome.source, outcome.target) for outcome in outcomes] == [("es", "fr")] * 3


async def test_answer_tells_the_route_and_both_checkpoints(opened: Opened) -> None:
    async with opened(Naming(), "es>en", "en>fr") as services:
        pivoted, nothing = await services.translator.translate(["hola", "42"], source="es", target="fr")
        (direct,) = await services.translator.translate(["hola"], source="es", target="en")
    first, second = pivoted.answer.model_used.split(" > ")
    assert first == direct.answer.model_used
    assert "en-fr" in second
    assert pivoted.answer.route == ("es", "en", "fr")
    assert pivoted.answer.warnings == ("pivot: es > en > fr, as no checkpoint of this tier serves es to fr.",)
    assert pivoted.answer.confidence == pytest.approx(direct.answer.confidence**2, rel=0.1)
    assert (direct.answer.route, direct.answer.warnings) == (("es", "en"), ())
    assert (nothing.answer.route, nothing.answer.warnings, nothing.answer.model_used) == ((), (), "none")


async def test_answer_is_cached_only_if_both_legs_are(opened: Opened) -> None:
    async with opened(Naming(), "es>en", "en>fr") as services:
        translate = services.translator.translate
        await translate(["hola"], source="es", target="en")
        (once,) = await translate(["hola"], source="es", target="fr")
        (twice,) = await translate(["hola"], source="es", target="fr")
    assert (once.answer.cached, twice.answer.cached) == (False, True)


async def test_real_checkpoints_translate_over_a_pivot(opened: Opened, configure: Configure, tmp_path: Path) -> None:
    legs = [relabelled(tmp_path, "gl", "en", weights="pt-en"), relabelled(tmp_path, "en", "pt")]
    async with opened(CTranslate2Loader(), tiers={"basic": {"checkpoints": legs}}) as services:
        (outcome,) = await services.translator.translate(["A casa é vermelha."], source="gl", target="pt")
    assert outcome.answer.text == HOUSE_IN_PORTUGUESE
    assert outcome.answer.route == ("gl", "en", "pt")


async def test_text_in_a_language_that_is_only_pivoted_is_detected(opened: Opened) -> None:
    async with opened(Naming(), "es>en", "en>fr") as services:
        (outcome,) = await services.translator.translate(
            ["Buenos días, ¿cómo están ustedes hoy?"], source="auto", target="fr"
        )
    assert outcome.source == "es"
    assert outcome.answer.route == ("es", "en", "fr")


async def test_room_for_one_replica_is_enough_for_a_pivot(opened: Opened) -> None:
    # Two leases held at once would wait for each other's memory for ever.
    pool = {"memory_budget": 30 * 2**20, "minimum_age": 0.0}
    async with opened(Naming(20), "es>en", "en>fr", pool=pool) as services:
        for word in ("uno", "dos", "tres"):
            (outcome,) = await services.translator.translate([word], source="es", target="fr")
            assert outcome.answer.text == f"{word} en fr"
        assert sum(snapshot.loads for snapshot in services.pool.snapshot()) == 6


async def test_crossing_pivots_with_room_for_one_replica_all_end(opened: Opened) -> None:
    pool = {"memory_budget": 30 * 2**20, "minimum_age": 0.0}
    async with opened(Naming(20), "es>en", "en>fr", "fr>en", "en>es", pool=pool) as services:
        async with asyncio.timeout(30):
            answers = await asyncio.gather(
                *(
                    services.translator.translate([f"word {n}"], source=source, target=target)
                    for n in range(4)
                    for source, target in (("es", "fr"), ("fr", "es"))
                ),
                return_exceptions=True,
            )
        faults = [answer for answer in answers if isinstance(answer, BaseException)]
        assert all(isinstance(fault, PoolSaturated) for fault in faults), faults
        assert len(faults) < len(answers)
        assert not any(snapshot.leases or snapshot.waiters for snapshot in services.pool.snapshot())


async def test_later_leg_waits_until_the_earlier_one_may_be_evicted(opened: Opened) -> None:
    pool = {"memory_budget": 30 * 2**20, "minimum_age": 0.5}
    async with opened(Naming(20), "es>en", "en>fr", pool=pool) as services:
        (outcome,) = await services.translator.translate(["uno"], source="es", target="fr")
    assert outcome.answer.text == "uno en fr"


async def test_leg_that_does_not_load_is_the_errors_and_no_half_translation(opened: Opened) -> None:
    async with opened(Naming(broken="fr"), "es>en", "en>fr") as services:
        with pytest.raises(LoadFailed, match="disk on fire"):
            await services.translator.translate(["uno"], source="es", target="fr")
        assert not any(snapshot.leases for snapshot in services.pool.snapshot())


async def test_fallback_tier_answers_for_a_leg_that_does_not_load(
    opened: Opened, configure: Configure, tmp_path: Path
) -> None:
    legs = [relabelled(tmp_path, "es", "en"), relabelled(tmp_path, "en", "fr")]
    good = [legs[0], relabelled(tmp_path, "en", "fr", weights="pt-en")]

    class OneBroken(Naming):
        def _fail_on(self, checkpoint: Checkpoint) -> None:
            if checkpoint.reference == legs[1]:
                raise OSError("disk on fire")

    tiers = {"basic": {"checkpoints": legs, "fallback": "other"}, "other": {"checkpoints": good}}
    async with opened(OneBroken(), tiers=tiers) as services:
        (outcome,) = await services.translator.translate(["uno"], source="es", target="fr")
    assert outcome.answer.text == "uno en fr"
    assert outcome.answer.tier_used == "other"
    assert outcome.answer.route == ("es", "en", "fr")


async def test_stream_over_a_pivot_is_the_translation_in_pieces(opened: Opened) -> None:
    text = "hola amigo. adios!\n - buenas"
    async with opened(Naming(), "es>en", "en>fr") as services:
        (whole,) = await services.translator.translate([text], source="es", target="fr")
        told = [one async for one in services.translator.stream(text, source="es", target="fr")]
        assert services.counts.translations == 2
    assert "".join(one.piece.answer.text for one in told) == whole.answer.text
    assert [(one.index, one.count) for one in told] == [(0, 3), (1, 3), (2, 3)]
    assert {one.piece.answer.route for one in told} == {("es", "en", "fr")}
    assert [one.piece.answer.warnings for one in told] == [whole.answer.warnings, (), ()]
    assert told[0].whole is None
    last = told[-1].whole
    assert last is not None
    assert (last.answer.text, last.answer.warnings) == (whole.answer.text, whole.answer.warnings)
    assert last.answer.model_used == whole.answer.model_used


async def test_pivoted_pair_is_counted_once(opened: Opened) -> None:
    async with opened(Naming(), "es>en", "en>fr") as services:
        await services.translator.translate(["hola", "adios"], source="es", target="fr")
        assert services.counts.translations == 2
        assert 'source="es",target="fr",tier="basic"} 2.0' in services.metrics.render().decode()


async def test_readiness_wants_every_leg(opened: Opened) -> None:
    async with opened(Naming(broken="fr"), "es>en", "en>fr") as services:
        await services.preload()
        (reason,) = await services.canary.reasons()
        assert "en-fr" in reason


def test_native_dialect_lists_pivoted_pairs_and_tells_the_route(serve: Serve, tmp_path: Path) -> None:
    tier = {"checkpoints": [relabelled(tmp_path, "es", "en"), relabelled(tmp_path, "en", "fr")]}
    client = serve(loader=Naming(), tiers={"basic": tier})
    languages = {one["code"]: one for one in client.get("/languages").json()}
    assert languages["es"]["targets"] == ["en", "fr"]
    assert languages["es"]["pivoted"] == {"fr": "en"}
    assert languages["en"]["pivoted"] == {}
    assert client.get("/models").json()["available_models"]["basic"]["pivoted"] == {"es": {"fr": "en"}}
    body = {"text": ["hola", "adios", "42"], "source_language": "es", "target_language": "fr"}
    answer = client.post("/translate", json=body).json()
    assert answer["route"] == [["es", "en", "fr"], ["es", "en", "fr"], []]
    assert answer["warnings"] == ["pivot: es > en > fr, as no checkpoint of this tier serves es to fr."]
    one = client.post("/translate", json=body | {"text": "hola"}).json()
    assert (one["route"], one["translated_text"]) == (["es", "en", "fr"], "hola en fr")


@pytest.mark.parametrize(
    ("asked", "warned"), [("pt", False), ("pt-PT", True), ("pt_BR", True), ("por", False), ("por_Latn", False)]
)
def test_region_that_the_checkpoint_cannot_honour_is_told(serve: Serve, asked: str, warned: bool) -> None:
    client = serve(tiers={"basic": EN_PT})
    body = {"text": "hello there", "source_language": "en-US", "target_language": asked}
    answer = client.post("/translate", json=body).json()
    assert answer["target_language"] == "pt"
    assert any(warning.startswith("region: pt-") for warning in answer["warnings"]) == warned


def test_region_that_is_served_is_used_without_a_word(serve: Serve, tmp_path: Path) -> None:
    tier = {"checkpoints": [relabelled(tmp_path, "en", "pt-BR"), relabelled(tmp_path, "en", "pt-PT")]}
    client = serve(loader=Naming(), tiers={"basic": tier})
    for asked, used in (("pt-PT", "pt-PT"), ("pt", "pt-BR")):
        body = {"text": "hello", "source_language": "en", "target_language": asked}
        answer = client.post("/translate", json=body).json()
        assert (answer["target_language"], answer["warnings"]) == (used, [])
    angola = client.post("/translate", json=body | {"target_language": "pt-AO"}).json()
    assert angola["warnings"] == ["region: pt-AO was asked for and pt-PT is the nearest that this tier writes."]


async def test_each_leg_gets_the_terms_that_are_its_own(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, tuple[str, ...], list[list[str | None]]]] = []
    translate = PairTranslator.translate

    async def note(self: PairTranslator, texts: Sequence[str]) -> list[Answer]:
        literals = [[mark.literal for mark in self.reading.terms.find("Casa, moradia, lar")] for _ in texts[:1]]
        seen.append((self.leg.target, tuple(texts), literals))
        return await translate(self, texts)

    monkeypatch.setattr(PairTranslator, "translate", note)
    wording = Wording(TermTable({"casa": "maison", "moradia": "Casa", "lar": "lar"}))
    async with opened(Naming(), "es>en", "en>fr") as services:
        await services.translator.translate(
            ["una moradia", "un lar", "nada"], source="es", target="fr", wishes=Wishes(wording)
        )
    assert seen[0] == ("en", ("una moradia", "un lar", "nada"), [["Maison", "Casa", "lar"]])
    # What the first leg put in is in the last language already: it stays, in those texts that it was put into.
    assert sorted(seen[1:]) == [
        ("fr", ("nada en",), [[]]),
        ("fr", ("un lar en",), [["lar"]]),
        ("fr", ("una Casa en",), [["Casa"]]),
    ]
