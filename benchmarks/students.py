"""An embedded checkpoint in this process, without the pool: texts in, texts out; loads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks.checkpoints import find
from model_pool.devices import available_cpus
from model_pool.engines.ctranslate2 import CTranslate2Loader
from model_pool.engines.threads import ThreadPlan
from model_pool.tokenization.loading import load_tokenizer
from model_pool.types import DecodeOptions

_BATCH = 16


@dataclass(frozen=True, slots=True)
class Output:
    """One translation and its mean log probability per token."""

    text: str
    score: float


class Student:
    """One checkpoint for one pair."""

    def __init__(self, reference: str, source: str, target: str) -> None:
        checkpoint = find(reference)
        threads = ThreadPlan(available_cpus(), 1)
        self._engine = CTranslate2Loader().load(checkpoint, device="cpu", compute_type="int8_float32", threads=threads)
        self._tokenizer = load_tokenizer(checkpoint.path, checkpoint.manifest)
        self._pair = source, target

    def count(self, text: str) -> int:
        """Return how many tokens a text takes."""
        return self._tokenizer.count(text)

    def translate(self, texts: Sequence[str], options: DecodeOptions) -> list[Output]:
        """Translate each text as one segment, in batches of like length."""
        segments = [self._tokenizer.encode(text, *self._pair) for text in texts]
        order = sorted(range(len(texts)), key=lambda at: len(segments[at].tokens))
        outputs = [Output("", 0.0)] * len(texts)

        def work(batch: Sequence[int]) -> None:
            for at, found in zip(batch, self._engine.translate([segments[at] for at in batch], options), strict=True):
                outputs[at] = Output(self._tokenizer.decode(found[0].tokens), found[0].score)

        with ThreadPoolExecutor(self._engine.parallelism) as threads:
            list(threads.map(work, _batches(order)))
        return outputs


def _batches(order: Sequence[int]) -> Iterator[Sequence[int]]:
    return (order[at : at + _BATCH] for at in range(0, len(order), _BATCH))
