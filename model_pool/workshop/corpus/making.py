"""Makes a corpus out of one source: read, clean, drop, split, shuffle, write; touches disk."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from model_pool.workshop.artifact import Artifact
from model_pool.workshop.corpus.step import CorpusOptions
from model_pool.workshop.data.cleaning import Dropped, Limits, cleaned, fault
from model_pool.workshop.data.pairs import Pair, check_columns, read_lines, read_pairs, split_files
from model_pool.workshop.data.splitting import Split, identity, sentence_key, split_of
from model_pool.workshop.data.variants import variants
from model_pool.workshop.data.writing import CorpusWriter
from model_pool.workshop.errors import DataInvalid, RecipeInvalid
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Job

REPORT = "report.json"
_SHOWN = 5
_SAID_EVERY = 1000


class Sieve:
    """Counts what is dropped and why, with a few examples of each."""

    def __init__(self) -> None:
        self.read = 0
        self.counts: Counter[str] = Counter()
        self._examples: dict[str, list[list[str]]] = {}

    def drop(self, pair: Pair, why: Dropped) -> None:
        """Remember one that is not used."""
        self.counts[why] += 1
        shown = self._examples.setdefault(why, [])
        if len(shown) < _SHOWN:
            shown.append([pair.source[:200], pair.target[:200]])

    def report(self) -> dict[str, object]:
        """Return JSON."""
        return {"read": self.read, "dropped": dict(sorted(self.counts.items())), "examples": self._examples}


class Maker:
    """Decides about one pair after the other. held_out: keys of sentences that may not be used at all."""

    def __init__(self, options: CorpusOptions, held_out: set[int]) -> None:
        self.sieve = Sieve()
        self._options, self._held_out = options, held_out
        self._limits = Limits(
            longest=options.longest,
            ratio=options.ratio,
            copies=options.copies,
            source_script=options.source_script,
            target_script=options.target_script,
            mono=is_mono(options),
        )
        self._seen: set[int] = set()
        self._kept_apart: dict[int, Split] = {}

    def keep_apart(self, pairs: Iterable[Pair]) -> None:
        """Read once ahead: a sentence of a held-out origin is held out wherever else it stands."""
        for pair in pairs:
            one = self._turned(pair)
            if (split := self._by_origin(one)) is not None and fault(one, self._limits) is None:
                self._kept_apart.setdefault(self._key(one), split)

    def placed(self, pairs: Iterable[Pair]) -> Iterator[tuple[Split, Pair]]:
        """Yield what is used, and where it belongs."""
        for pair in pairs:
            self.sieve.read += 1
            one = self._turned(pair)
            why = fault(one, self._limits) or self._excluded(one)
            if why is not None:
                self.sieve.drop(one, why)
                continue
            split = self._split(one)
            if split is None:
                self.sieve.drop(one, Dropped.HELD_OUT)
                continue
            for each in variants(one) if self._options.variants and split == "train" else (one,):
                yield split, Pair(_prefixed(self._options.prefix, each.source), each.target)

    def _turned(self, pair: Pair) -> Pair:
        one = cleaned(pair)
        return Pair(one.target, one.source, one.origin) if self._options.reverse else one

    def _key(self, pair: Pair) -> int:
        return identity(sentence_key(pair.source if self._options.split_by == "source" else pair.target))

    def _excluded(self, pair: Pair) -> Dropped | None:
        if {identity(sentence_key(pair.source)), self._key(pair)} & self._held_out:
            return Dropped.HELD_OUT
        itself = identity(f"{pair.source}\t{pair.target}")
        if itself in self._seen:
            return Dropped.DUPLICATE
        self._seen.add(itself)
        return None

    def _by_origin(self, pair: Pair) -> Split | None:
        if pair.origin in self._options.test_origins:
            return "test"
        return "valid" if pair.origin in self._options.valid_origins else None

    def _split(self, pair: Pair) -> Split | None:
        """Return where a pair belongs; None where another origin holds its sentence out."""
        own, apart = self._by_origin(pair), self._kept_apart.get(self._key(pair))
        if apart is not None:
            return own if own == apart else None
        side = pair.source if self._options.split_by == "source" else pair.target
        return split_of(sentence_key(side), valid=self._options.valid, test=self._options.test)


def make_corpus(job: Job[CorpusOptions]) -> Figures:
    """Run the step. Raises DataInvalid, RecipeInvalid."""
    options = job.options
    check_columns(options.columns)
    maker = Maker(options, held_out_keys(job.inputs.get("held_out")))
    if options.test_origins or options.valid_origins:
        job.progress.phase("looking for what is held out", None, "lines")
        maker.keep_apart(_told(job, _pairs(job)))
    job.progress.phase("cleaning", None, "lines")
    with CorpusWriter(job.scratch, seed=job.seed) as writer:
        for split, pair in maker.placed(_told(job, _pairs(job))):
            writer.add(split, pair)
        if not any(writer.counts.values()):
            raise DataInvalid(f"Nothing is left of {maker.sieve.read} lines: {dict(maker.sieve.counts)}.")
        writer.finish(job.output)
    report = {**maker.sieve.report(), "written": writer.counts}
    (job.output / REPORT).write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return {name: report[name] for name in ("read", "dropped", "written")}


def held_out_keys(corpus: Artifact | None) -> set[int]:
    """Return the keys of the sources that some corpora hold out; of files given by hand, of all."""
    keys: set[int] = set()
    for path in corpus.paths if corpus is not None else ():
        files = [path] if path.is_file() else [*split_files(path, "valid"), *split_files(path, "test")]
        for one in files:
            keys.update(identity(sentence_key(line.split("\t")[0])) for _, line in read_lines(one))
    return keys


def is_mono(options: CorpusOptions) -> bool:
    """Say whether the columns have no target."""
    return not any(one.partition("=")[0] == "target" for one in options.columns)


def _pairs(job: Job[CorpusOptions]) -> Iterator[Pair]:
    pairs, sources, targets = (job.inputs.get(name) for name in ("pairs", "sources", "targets"))
    if (pairs is None) == (sources is None) or (sources is None) != (targets is None):
        raise RecipeInvalid("corpus reads either pairs, or sources and targets together.")
    if pairs is not None:
        files = [one for path in pairs.paths for one in _files_of(path)]
        yield from read_pairs(files, job.options.columns)
    elif sources is not None and targets is not None:
        for source, target in zip_longest(sources.paths, targets.paths):
            yield from _side_by_side(source, target)


def _files_of(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(one for one in path.rglob("*") if one.is_file() and not one.name.endswith((".json", ".md")))


def _side_by_side(source: Path | None, target: Path | None) -> Iterator[Pair]:
    if source is None or target is None:
        raise DataInvalid("There are not as many files of sources as of targets.")
    for left, right in zip_longest(read_lines(source, empty=True), read_lines(target, empty=True)):
        if left is None or right is None:
            raise DataInvalid(f"{source} and {target} do not have the same number of lines.")
        yield Pair(left[1], right[1])


def _prefixed(prefix: str, source: str) -> str:
    return f"{prefix} {source}" if prefix else source


def _told(job: Job[CorpusOptions], pairs: Iterator[Pair]) -> Iterator[Pair]:
    count = 0
    for count, pair in enumerate(pairs, 1):
        if count % _SAID_EVERY == 0:
            job.progress.advance(_SAID_EVERY)
        yield pair
    job.progress.advance(count % _SAID_EVERY)
