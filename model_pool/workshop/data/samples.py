"""Some pairs of a corpus, always the same for a seed."""

from __future__ import annotations

import random

from model_pool.workshop.artifact import Artifact
from model_pool.workshop.data.pairs import Columns, Pair, corpus_files, read_corpus
from model_pool.workshop.errors import DataInvalid


def read_samples(corpus: Artifact, split: str, columns: Columns, count: int, *, seed: int) -> list[Pair]:
    """Return at most `count` pairs in the corpus's order; of files given by hand, which have no splits, from all.

    count: 0 for all. Raises DataInvalid where there is none.
    """
    pairs = list(read_corpus(corpus, split if corpus_files(corpus, split) else "train", columns))
    if not pairs:
        raise DataInvalid(f"{', '.join(map(str, corpus.paths))} has no sentences. Give a corpus that has some.")
    if not count or len(pairs) <= count:
        return pairs
    chosen = sorted(random.Random(seed).sample(range(len(pairs)), count))  # noqa: S311 - no secret
    return [pairs[place] for place in chosen]
