"""Joins corpora; touches disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from model_pool.workshop.corpus.making import held_out_keys
from model_pool.workshop.data.pairs import PAIR, Columns, Pair, read_lines, read_pairs, split_files
from model_pool.workshop.data.splitting import fraction, identity, sentence_key
from model_pool.workshop.data.writing import CorpusWriter
from model_pool.workshop.errors import DataInvalid, RecipeInvalid
from model_pool.workshop.mix.step import MixOptions
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Job

_SAID_EVERY = 1000


def mix_corpora(job: Job[MixOptions]) -> Figures:
    """Run the step. Raises DataInvalid, RecipeInvalid."""
    corpora = job.inputs["corpora"]
    times = _times(job.options.times, corpora.paths)
    apart = _held_out_by(corpora.paths) | held_out_keys(job.inputs.get("held_out"))
    columns = _columns(corpora.paths)
    dropped: Counter[str] = Counter()
    job.progress.phase("mixing", None, "lines")
    with CorpusWriter(job.scratch, seed=job.seed) as writer:
        for path, often in zip(corpora.paths, times, strict=True):
            for pair in _told(job, read_pairs(split_files(path, "train"), columns)):
                if identity(sentence_key(pair.source)) in apart:
                    dropped["held out"] += 1
                    continue
                for _ in range(_count(pair, often, job.seed)):
                    writer.add("train", pair)
        for pair in _held_out(corpora.paths, "valid", columns, job.options.most_valid, job.seed):
            writer.add("valid", pair)
        for pair in _held_out(corpora.paths, "test", columns, None, job.seed):
            writer.add("test", pair)
        if not writer.counts["train"]:
            raise DataInvalid("Nothing is left to train on: every sentence is held out, or the corpora are empty.")
        writer.finish(job.output)
    return {"written": writer.counts, "dropped": dict(dropped)}


def _times(given: Sequence[float], paths: Sequence[Path]) -> Sequence[float]:
    times = given or [1.0] * len(paths)
    if len(times) != len(paths) or any(one < 0 for one in times):
        raise RecipeInvalid(
            f"mix: {len(times)} times are given for {len(paths)} corpora; give one for each, 0 or more."
        )
    return times


def _columns(paths: Sequence[Path]) -> Columns:
    """Return pairs or text of one language, whichever the corpora hold; read_pairs refuses a mixture."""
    for path in paths:
        for one in split_files(path, "train"):
            for _, line in islice(read_lines(one), 1):
                return PAIR if "\t" in line or ".json" in one.name else ("source",)
    return PAIR


def _count(pair: Pair, often: float, seed: int) -> int:
    whole = int(often)
    return whole + (fraction(f"{pair.source}\t{pair.target}", f"mix {seed}") < often - whole)


def _held_out_by(paths: Iterable[Path]) -> set[int]:
    files = [one for path in paths for split in ("valid", "test") for one in split_files(path, split)]
    return {identity(sentence_key(line.split("\t")[0])) for one in files for _, line in read_lines(one)}


def _held_out(paths: Iterable[Path], split: str, columns: Columns, most: int | None, seed: int) -> Iterator[Pair]:
    for path in paths:
        pairs = list(read_pairs(split_files(path, split), columns))
        pairs.sort(key=lambda pair: fraction(f"{pair.source}\t{pair.target}", f"draw {seed}"))
        yield from pairs[:most]


def _told(job: Job[MixOptions], pairs: Iterable[Pair]) -> Iterator[Pair]:
    for count, pair in enumerate(pairs, 1):
        if count % _SAID_EVERY == 0:
            job.progress.advance(_SAID_EVERY)
        yield pair
