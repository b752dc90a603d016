"""The serving engine on a real card: every compute type, full cards, weights that go and come back."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

import ctranslate2
import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.devices import memory_in_use
from model_pool.engines.ctranslate2 import CTranslate2Engine, CTranslate2Loader
from model_pool.engines.threads import ThreadPlan
from model_pool.errors import ComputeTypeUnsupported, OutOfMemory
from model_pool.tokenization import load_tokenizer
from model_pool.types import DecodeOptions, EncodedSegment
from tests.gpu.cards import CARD, ENGLISH, MEBIBYTE, full_card, needs_card, needs_nvml

pytestmark = [pytest.mark.gpu, needs_card]

GREEDY = DecodeOptions()
CLOSE = 0.9
"""Mean likeness to the CPU's translations, 1 being the same characters: rounding may turn a word here and there."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return Catalog(tmp_path_factory.mktemp("data")).resolve("embedded/en-pt")


@pytest.fixture
def engine(checkpoint: Checkpoint) -> CTranslate2Engine:
    return loaded(checkpoint, CARD, "auto")


def loaded(checkpoint: Checkpoint, device: str, compute_type: str) -> CTranslate2Engine:
    loader = CTranslate2Loader()
    resolved = loader.resolve_compute_type(compute_type, checkpoint.manifest.quantization, device)
    return loader.load(checkpoint, device=device, compute_type=resolved, threads=ThreadPlan(1, 1))


def translations(engine: CTranslate2Engine, checkpoint: Checkpoint) -> list[str]:
    tokenizer = load_tokenizer(checkpoint.path, checkpoint.manifest)
    segments = [tokenizer.encode(text, "en", "pt") for text in ENGLISH]
    return [tokenizer.decode(answer[0].tokens) for answer in engine.translate(segments, GREEDY)]


@pytest.mark.parametrize("compute_type", ["int8_float16", "float16", "bfloat16", "float32", "auto"])
def test_card_translates_as_the_cpu_does(checkpoint: Checkpoint, compute_type: str) -> None:
    if compute_type != "auto" and compute_type not in ctranslate2.get_supported_compute_types("cuda", 0):
        pytest.skip(f"this card does not compute in {compute_type}")
    on_card = loaded(checkpoint, CARD, compute_type)
    expected = translations(loaded(checkpoint, "cpu", "auto"), checkpoint)
    answers = translations(on_card, checkpoint)
    likeness = [SequenceMatcher(None, one, other).ratio() for one, other in zip(answers, expected, strict=True)]
    assert sum(likeness) / len(likeness) >= CLOSE, answers
    if compute_type != "auto":
        assert on_card.compute_type == compute_type


def test_auto_computes_in_half_precision_where_the_card_can(checkpoint: Checkpoint) -> None:
    supported = ctranslate2.get_supported_compute_types("cuda", 0)
    expected = "int8_float16" if "int8_float16" in supported else "float32"
    assert CTranslate2Loader().resolve_compute_type("auto", "int8", CARD) == expected


def test_card_that_is_not_there_is_refused_with_their_number() -> None:
    beyond = ctranslate2.get_cuda_device_count()
    with pytest.raises(ComputeTypeUnsupported, match=f"{beyond} cards"):
        CTranslate2Loader().resolve_compute_type("auto", "int8", f"cuda:{beyond}")


@needs_nvml
def test_weights_leave_the_card_and_come_back(checkpoint: Checkpoint, engine: CTranslate2Engine) -> None:
    before = translations(engine, checkpoint)
    on_card = memory_in_use(CARD)
    engine.demote()
    assert on_card - memory_in_use(CARD) > checkpoint.weights_bytes // 2
    engine.promote()
    assert translations(engine, checkpoint) == before


@needs_nvml
def test_batch_that_the_card_has_no_room_for_is_out_of_memory_and_the_next_one_passes(
    checkpoint: Checkpoint, engine: CTranslate2Engine
) -> None:
    before = translations(engine, checkpoint)
    with full_card(spare=32 * MEBIBYTE), pytest.raises(OutOfMemory):
        engine.translate([EncodedSegment(("▁house",) * 400)] * 4096, GREEDY)
    assert translations(engine, checkpoint) == before


@needs_nvml
def test_load_that_the_card_has_no_room_for_is_out_of_memory(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with full_card(spare=4 * MEBIBYTE), pytest.raises(OutOfMemory, match="embedded/en-pt"):
        loaded(checkpoint, CARD, "float32")
    assert translations(loaded(checkpoint, CARD, "float32"), checkpoint)
