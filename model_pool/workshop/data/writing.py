"""Writes a corpus in random order, however large: lines go to buckets at random, then each bucket is shuffled.

Touches disk: the buckets are below a scratch directory, the result is gzipped TSV, equal bytes for equal content.
"""

from __future__ import annotations

import gzip
import random
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self

from model_pool.workshop.data.pairs import Pair
from model_pool.workshop.data.splitting import Split

_BUCKETS = 64


class CorpusWriter:
    """Takes pairs of any split; `finish` writes a file for each split that has any (train.tsv.gz)."""

    def __init__(self, scratch: Path, *, seed: int) -> None:
        self.counts: dict[Split, int] = {"train": 0, "valid": 0, "test": 0}
        self._scratch, self._draw = scratch / "buckets", random.Random(seed)  # noqa: S311 - no secret
        self._open: dict[Path, IO[str]] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Begin with no buckets, whatever an earlier run left."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        """Throw the buckets away."""
        self._stack.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def add(self, split: Split, pair: Pair) -> None:
        """Take one pair."""
        path = self._scratch / f"{split}.{self._draw.randrange(_BUCKETS)}"
        if path not in self._open:
            self._open[path] = self._stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))
        self._open[path].write(f"{pair.source}\t{pair.target}\n" if pair.target else f"{pair.source}\n")
        self.counts[split] += 1

    def finish(self, directory: Path) -> None:
        """Write the files."""
        self._stack.close()
        for split, count in self.counts.items():
            if count:
                write_lines(directory / f"{split}.tsv.gz", self._shuffled(split))

    def _shuffled(self, split: Split) -> Iterator[str]:
        for index in range(_BUCKETS):
            path = self._scratch / f"{split}.{index}"
            if path.exists():
                with path.open(encoding="utf-8", newline="\n") as stream:
                    lines = stream.readlines()
                self._draw.shuffle(lines)
                yield from lines


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write gzipped text without a time in it. Lines bring their ends along."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
        for line in lines:
            packed.write(line.encode())
