from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines import ctranslate2 as ctranslate2_engine
from model_pool.engines.base import output_limit
from model_pool.engines.ctranslate2 import CTranslate2Engine, CTranslate2Loader, _translated_error
from model_pool.engines.threads import ThreadPlan
from model_pool.errors import ComputeTypeUnsupported, DeviceLost, EngineError, OutOfMemory, SegmentTooLong
from model_pool.tokenization import load_tokenizer
from model_pool.tokenization.base import Tokenizer
from model_pool.types import DecodeOptions, EncodedSegment
from tests.embedded import WEATHER_IN_PORTUGUESE

GREEDY = DecodeOptions()
ENGLISH = "The weather is nice today."


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return Catalog(tmp_path_factory.mktemp("data")).resolve("embedded/en-pt")


@pytest.fixture(scope="module")
def engine(checkpoint: Checkpoint) -> CTranslate2Engine:
    return CTranslate2Loader().load(checkpoint, device="cpu", compute_type="auto", threads=ThreadPlan(1, 1))


@pytest.fixture(scope="module")
def tokenizer(checkpoint: Checkpoint) -> Tokenizer:
    return load_tokenizer(checkpoint.path, checkpoint.manifest)


def test_embedded_checkpoint_translates(engine: CTranslate2Engine, tokenizer: Tokenizer) -> None:
    answer = engine.translate([tokenizer.encode(ENGLISH, "en", "pt")], GREEDY)[0][0]
    assert tokenizer.decode(answer.tokens) == WEATHER_IN_PORTUGUESE
    assert not answer.truncated
    assert -1 < answer.score < 0


def test_score_is_the_mean_whatever_the_length_penalty(engine: CTranslate2Engine, tokenizer: Tokenizer) -> None:
    segment = tokenizer.encode(ENGLISH, "en", "pt")
    scores = [
        engine.translate([segment], DecodeOptions(beam_size=2, length_penalty=penalty))[0][0].score
        for penalty in (0.5, 1.0, 2.0)
    ]
    assert all(math.isclose(score, scores[1], abs_tol=1e-3) for score in scores)


def test_n_best_comes_best_first(engine: CTranslate2Engine, tokenizer: Tokenizer) -> None:
    options = DecodeOptions(beam_size=4, num_hypotheses=3)
    answers = engine.translate([tokenizer.encode(ENGLISH, "en", "pt")], options)[0]
    assert len({answer.tokens for answer in answers}) == 3
    assert [answer.score for answer in answers] == sorted((answer.score for answer in answers), reverse=True)


def test_attention_has_a_row_per_target_token(engine: CTranslate2Engine, tokenizer: Tokenizer) -> None:
    segment = tokenizer.encode(ENGLISH, "en", "pt")
    answer = engine.translate([segment], DecodeOptions(return_attention=True))[0][0]
    assert answer.attention is not None
    assert len(answer.attention) == len(answer.tokens)
    assert all(len(row) >= len(segment.tokens) for row in answer.attention)


def test_source_over_the_runtimes_default_limit_is_refused_and_not_cut(engine: CTranslate2Engine) -> None:
    # translate_batch() drops whatever is beyond 1,024 tokens without a word, unless it is told not to.
    with pytest.raises(SegmentTooLong, match="512"):
        engine.translate([EncodedSegment(("▁a",) * 2000)], GREEDY)


def test_longest_source_that_fits_is_decoded_without_an_error(engine: CTranslate2Engine) -> None:
    longest = EncodedSegment(("▁house", ",") * 255 + ("▁house",))
    assert engine.translate([longest], GREEDY)[0][0].tokens


def test_decoder_in_a_loop_is_stopped_and_flagged(engine: CTranslate2Engine) -> None:
    answer = engine.translate([EncodedSegment(("x", "x", "x"))], DecodeOptions(repetition_penalty=0.01))[0][0]
    assert answer.truncated
    assert len(answer.tokens) == output_limit(4)


@pytest.mark.parametrize(
    ("requested", "stored", "resolved"),
    [
        ("auto", "int8", "int8_float32"),
        ("int8", "int8", "int8_float32"),
        ("int8_float32", "int8", "int8_float32"),
        ("auto", "float16", "float32"),
        ("float32", "int8", "float32"),
    ],
)
def test_equal_computations_have_one_name(requested: str, stored: str, resolved: str) -> None:
    assert CTranslate2Loader().resolve_compute_type(requested, stored, "cpu") == resolved


def test_loaded_engine_reports_the_resolved_compute_type(engine: CTranslate2Engine) -> None:
    assert engine.compute_type == CTranslate2Loader().resolve_compute_type("auto", "int8", "cpu")


def test_impossible_compute_type_names_the_possible_ones() -> None:
    with pytest.raises(ComputeTypeUnsupported, match=r"float16.*Choose auto or one of: .*float32"):
        CTranslate2Loader().resolve_compute_type("float16", "int8", "cpu")


def test_absent_device_is_a_typed_error(checkpoint: Checkpoint) -> None:
    with pytest.raises(ComputeTypeUnsupported, match="cuda:7"):
        CTranslate2Loader().resolve_compute_type("auto", "int8", "cuda:7")
    with pytest.raises(EngineError, match="embedded/en-pt cannot be loaded on cuda:7"):
        CTranslate2Loader().load(checkpoint, device="cuda:7", compute_type="int8", threads=ThreadPlan(1, 1))


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("CUDA failed with error an illegal memory access was encountered", DeviceLost),
        ("cuBLAS failed with status CUBLAS_STATUS_EXECUTION_FAILED", DeviceLost),
        ("CUDA failed with error out of memory", OutOfMemory),
        ("cuBLAS failed with status CUBLAS_STATUS_ALLOC_FAILED", OutOfMemory),
        ("Library libcublas.so.12 is not found or cannot be loaded", DeviceLost),
        ("No position encodings are defined for positions >= 512", EngineError),
    ],
)
def test_only_a_dead_device_is_fatal(message: str, kind: type[EngineError]) -> None:
    assert type(_translated_error(RuntimeError(message))) is kind


def test_missing_library_says_where_to_look() -> None:
    error = _translated_error(RuntimeError("Library libcublas.so.12 is not found or cannot be loaded"))
    assert "LD_LIBRARY_PATH" in str(error)


def test_failed_allocation_without_a_message_is_out_of_memory() -> None:
    assert type(_translated_error(MemoryError())) is OutOfMemory


class MovableTranslator:
    """The few calls of `ctranslate2.Translator` that a demotion makes; the first `stubborn` of them do nothing."""

    compute_type = "fake"
    num_translators = 1

    def __init__(self, stubborn: int = 0, *, returns: bool = True) -> None:
        self.model_is_loaded = True
        self.stubborn = stubborn
        self.returns = returns

    def unload_model(self, to_cpu: bool) -> None:
        assert to_cpu
        self.stubborn -= 1
        self.model_is_loaded = self.stubborn >= 0

    def load_model(self) -> None:
        self.model_is_loaded = self.returns


def movable(checkpoint: Checkpoint, translator: MovableTranslator) -> CTranslate2Engine:
    return CTranslate2Engine(cast("Any", translator), checkpoint)


def test_demotion_and_promotion_move_the_weights_there_and_back(checkpoint: Checkpoint) -> None:
    translator = MovableTranslator()
    engine = movable(checkpoint, translator)
    engine.demote()
    assert not translator.model_is_loaded
    engine.promote()
    assert translator.model_is_loaded


def test_demotion_that_did_nothing_is_tried_again(checkpoint: Checkpoint) -> None:
    # unload_model() returns without a word while the runtime believes that a batch runs.
    translator = MovableTranslator(stubborn=2)
    movable(checkpoint, translator).demote()
    assert not translator.model_is_loaded


def test_demotion_that_never_happens_is_an_error_and_not_a_leak(
    checkpoint: Checkpoint, engine: CTranslate2Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ctranslate2_engine, "_DEMOTION_PAUSE", 0)
    with pytest.raises(EngineError, match="kept the weights"):
        movable(checkpoint, MovableTranslator(stubborn=1000)).demote()
    with pytest.raises(EngineError, match="kept the weights"):
        engine.demote()  # the real runtime has nowhere else to go from the CPU


def test_promotion_that_did_nothing_is_an_error(checkpoint: Checkpoint) -> None:
    engine = movable(checkpoint, MovableTranslator(returns=False))
    engine.demote()
    with pytest.raises(EngineError, match="did not bring"):
        engine.promote()


def test_card_beyond_those_that_are_there_is_refused_with_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 2)
    with pytest.raises(ComputeTypeUnsupported, match=r"no 'cuda:5': 2 cards"):
        CTranslate2Loader().resolve_compute_type("auto", "int8", "cuda:5")


_MEASURE = """
import sys; from pathlib import Path
from model_pool.catalog.catalog import Catalog
from model_pool.devices import memory_in_use, return_free_memory
from model_pool.engines.ctranslate2 import CTranslate2Loader
from model_pool.engines.threads import ThreadPlan
checkpoint = Catalog(Path("nowhere")).resolve("embedded/en-pt")
checkpoint.verify(); return_free_memory()
before = memory_in_use("cpu")
Path("/proc/self/clear_refs").write_text("5")
loader = CTranslate2Loader()
engine = loader.load(checkpoint, device="cpu", compute_type=sys.argv[1], threads=ThreadPlan(2, 1))
mark = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(int(mark.split()[1]) * 1024 - before, loader.peak_bytes(checkpoint, compute_type=sys.argv[1]))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the high-water mark is Linux's")
@pytest.mark.parametrize("compute_type", ["int8_float32", "float32"])
def test_load_stays_under_the_peak_that_is_reserved_for_it(compute_type: str) -> None:
    """In a process of its own, whose high-water mark nobody else has raised."""
    done = subprocess.run([sys.executable, "-c", _MEASURE, compute_type], capture_output=True, text=True, check=True)
    measured, reserved = map(int, done.stdout.split())
    assert 0 < measured <= reserved
