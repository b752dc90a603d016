from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.base import output_limit
from model_pool.engines.ctranslate2 import CTranslate2Engine, CTranslate2Loader, _translated_error
from model_pool.errors import ComputeTypeUnsupported, DeviceLost, EngineError, SegmentTooLong
from model_pool.tokenization import load_tokenizer
from model_pool.tokenization.base import Tokenizer
from model_pool.types import DecodeOptions, EncodedSegment

GREEDY = DecodeOptions()
ENGLISH = "The weather is nice today."


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return Catalog(tmp_path_factory.mktemp("data")).resolve("embedded/en-pt")


@pytest.fixture(scope="module")
def engine(checkpoint: Checkpoint) -> CTranslate2Engine:
    return CTranslate2Loader(inter_threads=1).load(checkpoint, device="cpu", compute_type="auto")


@pytest.fixture(scope="module")
def tokenizer(checkpoint: Checkpoint) -> Tokenizer:
    return load_tokenizer(checkpoint.path, checkpoint.manifest)


def test_embedded_checkpoint_translates(engine: CTranslate2Engine, tokenizer: Tokenizer) -> None:
    answer = engine.translate([tokenizer.encode(ENGLISH, "en", "pt")], GREEDY)[0][0]
    assert tokenizer.decode(answer.tokens) == "O tempo é bom hoje."
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
        CTranslate2Loader().load(checkpoint, device="cuda:7", compute_type="int8")


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("CUDA failed with error an illegal memory access was encountered", DeviceLost),
        ("cuBLAS failed with status CUBLAS_STATUS_EXECUTION_FAILED", DeviceLost),
        ("CUDA failed with error out of memory", EngineError),
        ("No position encodings are defined for positions >= 512", EngineError),
    ],
)
def test_only_a_dead_device_is_fatal(message: str, kind: type[EngineError]) -> None:
    assert type(_translated_error(RuntimeError(message))) is kind


@pytest.mark.parametrize(
    ("stored", "computed", "factor"),
    [
        ("int8", "int8_float32", 2.3),
        ("int8_float32", "float32", 9.2),
        ("float32", "float32", 2.3),
        ("float32", "int8_float32", 1.25),
        ("float16", "int8_float16", 1.5),
    ],
)
def test_peak_of_a_load_counts_what_is_stored_and_what_is_computed(
    checkpoint: Checkpoint, stored: str, computed: str, factor: float
) -> None:
    # CTranslate2 #1787. An int8 checkpoint that is computed in float32 takes nine times its files.
    manifest = checkpoint.manifest.model_copy(update={"quantization": stored})
    stored_so = replace(checkpoint, manifest=manifest)
    peak = CTranslate2Loader().peak_bytes(stored_so, compute_type=computed)
    assert peak == pytest.approx(factor * checkpoint.size_bytes, abs=1)


_MEASURE = """
import sys; from pathlib import Path
from model_pool.catalog.catalog import Catalog
from model_pool.devices import memory_in_use, return_free_memory
from model_pool.engines.ctranslate2 import CTranslate2Loader
checkpoint = Catalog(Path("nowhere")).resolve("embedded/en-pt")
checkpoint.verify(); return_free_memory()
before = memory_in_use("cpu")
Path("/proc/self/clear_refs").write_text("5")
loader = CTranslate2Loader()
engine = loader.load(checkpoint, device="cpu", compute_type=sys.argv[1])
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
