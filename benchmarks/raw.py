"""The limit to compare with: `Translator.translate_batch` alone, on tokens made beforehand; in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import ctranslate2
import psutil

from benchmarks.checkpoints import find
from benchmarks.servers import ROOT
from model_pool.devices import available_cpus, device_index
from model_pool.engines.ctranslate2 import CTranslate2Loader
from model_pool.tokenization.loading import load_tokenizer

_TIMEOUT = 1800


@dataclass(frozen=True, slots=True)
class Work:
    """What is translated, by which checkpoint, how and where."""

    reference: str
    source: str
    target: str
    texts: Sequence[str]
    beam_size: int = 1
    device: str = "cpu"
    compute_type: str = "auto"


@dataclass(frozen=True, slots=True)
class Setting:
    """How raw CTranslate2 is called with all sentences at once."""

    inter: int
    intra: int
    batch_type: str
    batch_size: int

    def __str__(self) -> str:
        return f"inter {self.inter} x intra {self.intra}, {self.batch_size} {self.batch_type}"


@dataclass(frozen=True, slots=True)
class Raw:
    """rates: sentences/s of each setting; single_ms: median of one sentence at a time, inter 1 x intra 1."""

    rates: list[float]
    single_ms: float
    rss: float


def sweep_settings(device: str = "cpu", *, quick: bool) -> list[Setting]:
    """Return the settings worth trying on this machine for a small checkpoint; a card takes one large batch a time."""
    if device != "cpu":
        examples = [Setting(1, 1, "examples", size) for size in (64, 256, 1024)]
        tokens = [Setting(1, 1, "tokens", size) for size in (2048, 4096, 8192, 16384, 32768)]
        return tokens[1:2] if quick else [*examples, *tokens]
    cpus = available_cpus()
    sizes = [("examples", 16), ("examples", 32), ("tokens", 512), ("tokens", 1024), ("tokens", 2048)]
    settings = [Setting(cpus, 1, kind, size) for kind, size in sizes]
    if quick:
        return settings[1:2]
    return [*settings, Setting(1, cpus, "examples", 32), Setting(cpus + 1, 1, "examples", 32)]


def best_of(work: Work, *, seconds: float, quick: bool) -> tuple[Setting, list[tuple[Setting, float]]]:
    """Return the fastest setting and what each one reached, in sentences/s."""
    settings = sweep_settings(work.device, quick=quick)
    rates = measure(work, settings, seconds=seconds).rates
    results = list(zip(settings, rates, strict=True))
    return max(results, key=lambda result: result[1])[0], results


def measure(work: Work, settings: Sequence[Setting], *, seconds: float) -> Raw:
    """Measure each setting for at least `seconds`. Raises RuntimeError with the process's words where it fails."""
    job = {"work": asdict(work), "settings": [asdict(setting) for setting in settings], "seconds": seconds}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.raw"],
        input=json.dumps(job).encode(),
        capture_output=True,
        cwd=ROOT,
        timeout=_TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"raw CTranslate2 failed:\n{done.stderr.decode(errors='replace')}")
    return Raw(**json.loads(done.stdout))


class _Runner:
    def __init__(self, work: Work) -> None:
        checkpoint = find(work.reference)
        tokenizer = load_tokenizer(checkpoint.path, checkpoint.manifest)
        segments = [tokenizer.encode(text, work.source, work.target) for text in work.texts]
        self._path = str(checkpoint.path)
        self._tokens = [list(segment.tokens) for segment in segments]
        self._prefixes = [list(segment.target_prefix) for segment in segments]
        self._vocabulary_map = checkpoint.manifest.vocabulary_map
        self._beam_size = work.beam_size
        self._device = work.device
        stored = checkpoint.manifest.quantization
        self._compute_type = CTranslate2Loader().resolve_compute_type(work.compute_type, stored, work.device)

    def rate(self, setting: Setting, seconds: float) -> float:
        translator = self._translator(setting.inter, setting.intra)
        self._translate(translator, slice(0, 64), setting)
        started, passes = time.monotonic(), 0
        while not passes or time.monotonic() - started < seconds:
            self._translate(translator, slice(None), setting)
            passes += 1
        return passes * len(self._tokens) / (time.monotonic() - started)

    def single_ms(self, count: int) -> float:
        translator = self._translator(1, 1)
        setting = Setting(1, 1, "examples", 1)
        taken = []
        for number in range(min(count, len(self._tokens))):
            started = time.monotonic()
            self._translate(translator, slice(number, number + 1), setting)
            taken.append(time.monotonic() - started)
        return 1000 * sorted(taken)[len(taken) // 2]

    def _translator(self, inter: int, intra: int) -> ctranslate2.Translator:
        return ctranslate2.Translator(
            self._path,
            device=self._device.partition(":")[0],
            device_index=device_index(self._device),
            compute_type=self._compute_type,
            inter_threads=inter,
            intra_threads=intra,
        )

    def _translate(self, translator: ctranslate2.Translator, part: slice, setting: Setting) -> None:
        prefixes = self._prefixes[part]
        translator.translate_batch(
            self._tokens[part],
            target_prefix=prefixes if any(prefixes) else None,
            beam_size=self._beam_size,
            max_batch_size=setting.batch_size,
            batch_type=setting.batch_type,
            use_vmap=self._vocabulary_map,
        )


def main() -> None:
    job = json.load(sys.stdin)
    runner = _Runner(Work(**job["work"]))
    rates = [runner.rate(Setting(**setting), job["seconds"]) for setting in job["settings"]]
    rss = psutil.Process().memory_info().rss / 2**20
    json.dump(asdict(Raw(rates, runner.single_ms(200), rss)), sys.stdout)


if __name__ == "__main__":
    main()
