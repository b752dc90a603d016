"""The serving engine; the sole importer of ctranslate2 in serving. Touches checkpoint files and the device."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from time import sleep

import ctranslate2

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.devices import device_index
from model_pool.engines.base import growth, output_limit
from model_pool.engines.threads import ThreadPlan
from model_pool.errors import ComputeTypeUnsupported, DeviceLost, EngineError, OutOfMemory, SegmentTooLong
from model_pool.types import DecodeOptions, EncodedSegment, Forced, Hypothesis

_DEFAULT_END_TOKEN = "</s>"  # noqa: S105 - a vocabulary token, not a secret
_FALLBACK_COMPUTE_TYPE = "float32"
_PREFERRED_ON_CUDA = {"int8": "int8_float16", "int8_float32": "int8_float16", "float32": "float16"}
_OUT_OF_MEMORY = ("out of memory", "Out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
_FATAL = ("CUDA", "cuBLAS", "cuDNN", "NCCL")
_NO_LIBRARY = "is not found or cannot be loaded"
"""CTranslate2 opens cuBLAS with the first product of matrices: a load passes without it, and no batch ever does."""

_DEMOTION_TRIES, _DEMOTION_PAUSE = 50, 0.02


_PEAK = 2.3
"""Of the weights as computed: 2.0 for int8 and 2.26 for float32 were measured."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """Positions that a checkpoint has, None where unlimited; `added` source tokens are put in by the runtime."""

    source: int | None
    target: int | None
    added: int

    def decoding_steps(self, longest_source: int) -> int:
        """Return how many target tokens, prefix included, a batch may decode. Raises SegmentTooLong."""
        length = longest_source + self.added
        if self.source is not None and length > self.source:
            raise SegmentTooLong(f"A segment of {length} tokens is over the {self.source} of this checkpoint.")
        return min(output_limit(length), self.target or sys.maxsize)


class CTranslate2Engine:
    """One `ctranslate2.Translator`. Source: CTranslate2 4.x Python reference."""

    def __init__(self, translator: ctranslate2.Translator, checkpoint: Checkpoint) -> None:
        config = json.loads((checkpoint.path / "config.json").read_text(encoding="utf-8"))
        manifest = checkpoint.manifest
        self._translator: ctranslate2.Translator | None = translator
        self._end_token = str(config.get("eos_token") or _DEFAULT_END_TOKEN)
        self._limits = _Limits(
            source=manifest.max_source_tokens,
            target=manifest.max_target_tokens,
            added=bool(config.get("add_source_bos")) + bool(config.get("add_source_eos")),
        )
        self._has_vocabulary_map = manifest.vocabulary_map
        self.compute_type: str = translator.compute_type
        self.parallelism: int = translator.num_translators

    def translate(self, segments: Sequence[EncodedSegment], options: DecodeOptions) -> list[tuple[Hypothesis, ...]]:
        """See `Engine.translate`. The engine's own truncation and batch splitting are off: both are ours to do."""
        if self._translator is None:
            raise RuntimeError("translate() after close()")
        steps = self._limits.decoding_steps(max(len(segment.tokens) for segment in segments))
        prefixes = [list(segment.target_prefix) for segment in segments]
        try:
            results = self._translator.translate_batch(
                [list(segment.tokens) for segment in segments],
                target_prefix=prefixes if any(prefixes) else None,
                max_batch_size=0,
                max_input_length=0,
                max_decoding_length=steps,
                beam_size=options.beam_size,
                num_hypotheses=options.num_hypotheses,
                length_penalty=options.length_penalty,
                repetition_penalty=options.repetition_penalty,
                no_repeat_ngram_size=options.no_repeat_ngram_size,
                use_vmap=options.use_vocabulary_map and self._has_vocabulary_map,
                return_scores=True,
                return_end_token=True,
                return_attention=options.return_attention,
            )
        except (RuntimeError, MemoryError) as error:
            raise _translated_error(error) from error
        return [
            self._hypotheses(result, len(prefix), options) for result, prefix in zip(results, prefixes, strict=True)
        ]

    def force(self, segments: Sequence[EncodedSegment], targets: Sequence[Sequence[str]]) -> list[Forced]:
        """Say how the model reads translations that it is given: one `Forced` a segment. For measuring; slow.

        targets: tokens without their end. The whole vocabulary counts, whatever map the checkpoint has.
        """
        if self._translator is None:
            raise RuntimeError("force() after close()")
        sources = [list(segment.tokens) for segment in segments]
        prefixes = [len(segment.target_prefix) for segment in segments]
        wholes = [[*segment.target_prefix, *target] for segment, target in zip(segments, targets, strict=True)]
        try:
            scored = self._translator.score_batch(sources, wholes, max_input_length=0)
            # A decoder that is given the whole translation as its prefix tells where it looked on the way.
            followed = self._translator.translate_batch(
                sources,
                target_prefix=wholes,
                max_input_length=0,
                max_decoding_length=max(map(len, wholes)) + 1,
                beam_size=1,
                return_attention=True,
            )
        except (RuntimeError, MemoryError) as error:
            raise _translated_error(error) from error
        return [
            Forced(tuple(score.log_probs[skip:]), tuple(map(tuple, result.attention[0][skip : len(whole)])))
            for score, result, whole, skip in zip(scored, followed, wholes, prefixes, strict=True)
        ]

    def close(self) -> None:
        """See `Engine.close`. Dropping the object frees it; `unload_model` would do nothing if a batch still ran."""
        self._translator = None

    def demote(self) -> None:
        """See `DemotableEngine.demote`."""
        if self._translator is None:
            raise RuntimeError("demote() after close()")
        try:
            for _ in range(_DEMOTION_TRIES):
                # It returns without a word while the runtime believes that a batch runs, which is so for a moment
                # after the last result, and on the CPU always; so look whether it has really been done.
                self._translator.unload_model(to_cpu=True)
                if not self._translator.model_is_loaded:
                    return
                sleep(_DEMOTION_PAUSE)
        except (RuntimeError, MemoryError) as error:
            raise _translated_error(error) from error
        raise EngineError("The runtime kept the weights on their device.")

    def promote(self) -> None:
        """See `DemotableEngine.promote`."""
        if self._translator is None:
            raise RuntimeError("promote() after close()")
        try:
            self._translator.load_model()
        except (RuntimeError, MemoryError) as error:
            raise _translated_error(error) from error
        if not self._translator.model_is_loaded:
            raise EngineError("The runtime did not bring the weights back to their device.")

    def _hypotheses(
        self, result: ctranslate2.TranslationResult, prefix_length: int, options: DecodeOptions
    ) -> tuple[Hypothesis, ...]:
        attention = result.attention or [None] * len(result.hypotheses)
        return tuple(
            self._hypothesis(tokens, score, rows, prefix_length, options.length_penalty)
            for tokens, score, rows in zip(result.hypotheses, result.scores, attention, strict=True)
        )

    def _hypothesis(
        self,
        tokens: list[str],
        score: float,
        rows: list[list[float]] | None,
        prefix_length: int,
        length_penalty: float,
    ) -> Hypothesis:
        ended = bool(tokens) and tokens[-1] == self._end_token
        end = len(tokens) - ended
        # The runtime divides by length ** penalty; undo that to report the mean whatever the penalty.
        mean = score * len(tokens) ** (length_penalty - 1) if tokens else 0.0
        return Hypothesis(
            tokens=tuple(tokens[prefix_length:end]),
            score=min(0.0, mean),
            truncated=not ended,
            attention=None if rows is None else tuple(tuple(row) for row in rows[prefix_length:end]),
        )


class CTranslate2Loader:
    """Makes `CTranslate2Engine`s."""

    name = "ctranslate2"

    def resolve_compute_type(self, requested: str, stored: str, device: str) -> str:
        """See `EngineLoader`. "auto" is the stored type (its half-precision kin on CUDA), else float32."""
        supported = _supported_compute_types(device)
        if requested == "auto":
            wanted = _PREFERRED_ON_CUDA.get(stored, stored) if device.startswith("cuda") else stored
            wanted = _canonical(wanted)
            return wanted if wanted in supported else _FALLBACK_COMPUTE_TYPE
        if requested not in supported:
            choices = ", ".join(sorted(supported))
            raise ComputeTypeUnsupported(
                f"compute_type {requested!r} is not possible on {device} here. Choose auto or one of: {choices}."
            )
        return _canonical(requested)

    def load(self, checkpoint: Checkpoint, *, device: str, compute_type: str, threads: ThreadPlan) -> CTranslate2Engine:
        """See `EngineLoader`. Raises EngineError with the runtime's words where it refuses the files."""
        try:
            translator = ctranslate2.Translator(
                str(checkpoint.path),
                device=device.partition(":")[0],
                device_index=device_index(device),
                compute_type=compute_type,
                inter_threads=threads.inter,
                intra_threads=threads.intra,
            )
        except (RuntimeError, ValueError, MemoryError) as error:
            kind = OutOfMemory if _is_out_of_memory(error) else EngineError
            raise kind(f"{checkpoint.reference} cannot be loaded on {device}: {_explained(error)}") from error
        return CTranslate2Engine(translator, checkpoint)

    def peak_bytes(self, checkpoint: Checkpoint, *, compute_type: str) -> int:
        """See `EngineLoader`. The runtime holds weights as stored and as computed, or twice (CTranslate2 issue 1787).

        `python -m benchmarks.memory` measures both; packing float32 for the CPU is what goes beyond twice.
        """
        computed = checkpoint.size_bytes * growth(checkpoint.manifest.quantization, compute_type)
        return int(max(checkpoint.size_bytes + computed, _PEAK * computed))


@cache
def _supported_compute_types(device: str) -> frozenset[str]:
    kind = device.partition(":")[0]
    if kind == "cuda" and 0 < (count := ctranslate2.get_cuda_device_count()) <= device_index(device):
        raise ComputeTypeUnsupported(f"There is no {device!r}: {count} cards are to be seen here, numbered from 0.")
    try:
        return frozenset(ctranslate2.get_supported_compute_types(kind, device_index(device)))
    except (RuntimeError, ValueError) as error:
        raise ComputeTypeUnsupported(f"device {device!r} cannot be used here: {error}") from error


def _canonical(compute_type: str) -> str:
    """Return the name that the runtime reports for a loaded model: plain int8 keeps its other weights in float32."""
    return "int8_float32" if compute_type == "int8" else compute_type


def _is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in _OUT_OF_MEMORY)


def _explained(error: Exception) -> str:
    """Return the runtime's words, with what to do where they do not say it."""
    text = str(error) or type(error).__name__
    if _NO_LIBRARY in text:
        return f"{text}. Install CUDA 12's cuBLAS, or name its directory in LD_LIBRARY_PATH; see docs/gpu.md."
    return text


def _translated_error(error: Exception) -> EngineError:
    text = _explained(error)
    if _is_out_of_memory(error):
        # It passes with a smaller batch, which the batcher tries next.
        return OutOfMemory(f"The device has no room for this: {text}")
    if _NO_LIBRARY in text:
        return DeviceLost(text)
    if any(sign in text for sign in _FATAL):
        return DeviceLost(f"The device stopped working: {text}")
    return EngineError(text)
