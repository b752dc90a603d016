"""Translates a corpus window by window, each of which is written once it is done; touches disk.

scratch/train.00003.tsv.gz    the pairs of a window
scratch/train.00003.json      what became of its sentences, written last
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import cast

from torch import nn

from model_pool.catalog.files import write_durably
from model_pool.workshop.artifact import Artifact
from model_pool.workshop.data.batches import Example
from model_pool.workshop.data.pairs import SPLITS, Pair, corpus_files, read_corpus
from model_pool.workshop.devices import choose_device
from model_pool.workshop.errors import DataInvalid
from model_pool.workshop.models.trainable import Trainable, positions
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Job
from model_pool.workshop.teach.faults import Limits, fault_of
from model_pool.workshop.teach.step import TeachOptions
from model_pool.workshop.teachers.teacher import Search, load_teacher, log_likelihoods, translate

WINDOW = 4_000
"""Sentences that are sorted by length together: as many are lost, at most, when a run is killed."""

_ACROSS = str.maketrans("\t\r\n", "   ")


def make_taught(job: Job[TeachOptions]) -> Figures:
    """Write the pairs of each split. Raises DataInvalid where none is left."""
    work = _Work(job)
    counts: dict[str, dict[str, int]] = {}
    for split in SPLITS:
        if corpus_files(job.inputs["corpus"], split):
            counts[split] = work.split(split)
            _join(job, split)
    if not sum(of["kept"] for of in counts.values()):
        raise DataInvalid(f"No translation is left: {_told(counts)}. Look at the corpus, or give wider limits.")
    return {"sentences": counts, **work.speed()}


class _Work:
    def __init__(self, job: Job[TeachOptions]) -> None:
        self._job, self._options = job, job.options
        self._teacher: Trainable | None = None
        self._search = Search(job.options.beam_size, job.options.length_penalty)
        self._limits = Limits(job.options.ratio, job.options.repeats)
        self._translated, self._seconds = 0, 0.0

    def split(self, split: str) -> dict[str, int]:
        """Translate what is not there yet. Return what became of the sentences."""
        corpus, columns = self._job.inputs["corpus"], self._options.columns
        total = sum(1 for _ in read_corpus(corpus, split, columns))
        self._job.progress.phase(f"translating {split}", total, "sentences")
        counts: Counter[str] = Counter({"kept": 0})
        for number, window in enumerate(_windows(corpus, split, columns)):
            part = self._job.scratch / f"{split}.{number:05}.json"
            if part.is_file():
                self._job.progress.advance(len(window))
            else:
                self._window(part, window)
            counts += Counter(json.loads(part.read_text()))
        return {"kept": 0, **counts}

    def speed(self) -> dict[str, float]:
        """Return how fast this run was; nothing where all was there."""
        if not self._translated:
            return {}
        return {"seconds": self._seconds, "sentences_per_second": self._translated / self._seconds}

    def _window(self, part: Path, window: list[Pair]) -> None:
        teacher = self._loaded()
        sources = teacher.words.encode_all([pair.source for pair in window])
        longest = min(self._options.longest, positions(teacher.model))
        fitting = {index: ids for index, ids in enumerate(sources) if len(ids) <= longest}
        found, counts = self._translations(teacher, fitting), Counter({"long": len(sources) - len(fitting)})
        kept = []
        for index in sorted(found):
            ids, likely = found[index]
            fault = fault_of(Example(fitting[index], ids), teacher.words.eos, self._limits)
            fault = fault or ("unlikely" if likely < self._options.least_likely else "")
            target = teacher.words.decode(ids).translate(_ACROSS).strip()
            fault = fault or ("" if target else "empty")
            counts[fault or "kept"] += 1
            if not fault:
                kept.append(f"{window[index].source.translate(_ACROSS)}\t{target}\n")
        self._write(part, kept, counts)

    def _translations(self, teacher: Trainable, sources: dict[int, list[int]]) -> dict[int, tuple[list[int], float]]:
        """Return ids and mean log-probability (0 where nobody asks) by the number of the source."""
        found: dict[int, tuple[list[int], float]] = {}
        for batch in _batches(sources, self._options.batch_tokens):
            began = perf_counter()
            targets = translate(teacher, [sources[index] for index in batch], self._search)
            pairs = [Example(sources[index], target) for index, target in zip(batch, targets, strict=True)]
            likely = log_likelihoods(teacher, pairs) if self._options.least_likely else [0.0] * len(pairs)
            found.update(zip(batch, zip(targets, likely, strict=True), strict=True))
            self._translated, self._seconds = self._translated + len(batch), self._seconds + perf_counter() - began
            self._job.progress.advance(len(batch), per_second=self._translated / self._seconds)
        return found

    def _write(self, part: Path, lines: list[str], counts: Counter[str]) -> None:
        part.with_suffix(".tsv.gz").write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
        counted = {name: count for name, count in counts.items() if count}
        write_durably(part, json.dumps(counted).encode())

    def _loaded(self) -> Trainable:
        if self._teacher is None:
            self._teacher = load_teacher(self._job.inputs["teacher"])
            cast("nn.Module", self._teacher.model).to(choose_device(self._options.device))
        return self._teacher


def _windows(corpus: Artifact, split: str, columns: tuple[str, ...]) -> Iterator[list[Pair]]:
    pairs = read_corpus(corpus, split, columns)
    while window := list(islice(pairs, WINDOW)):
        yield window


def _batches(sources: dict[int, list[int]], tokens: int) -> list[list[int]]:
    """Return the numbers of the sources, those of like length together."""
    batches: list[list[int]] = []
    for index in sorted(sources, key=lambda one: len(sources[one])):
        if not batches or (len(batches[-1]) + 1) * len(sources[index]) > tokens:
            batches.append([])
        batches[-1].append(index)
    return batches


def _join(job: Job[TeachOptions], split: str) -> None:
    """Write the windows one after the other: gzip files that follow one another are one."""
    with (job.output / f"{split}.tsv.gz").open("wb") as whole:
        for part in sorted(job.scratch.glob(f"{split}.*.tsv.gz")):
            with part.open("rb") as stream:
                shutil.copyfileobj(stream, whole)


def _told(counts: dict[str, dict[str, int]]) -> str:
    total = sum((Counter(of) for of in counts.values()), Counter())
    return ", ".join(f"{count} {name}" for name, count in total.items()) or "the corpus is empty"
