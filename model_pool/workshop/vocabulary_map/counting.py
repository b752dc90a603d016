"""Which target pieces translate a source piece, counted from pairs with the alignment model IBM 1; pure.

Pieces that are always allowed need no counting, which leaves the rarer ones and keeps the table small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[Any]
Report = Callable[[int], None]
"""Hears of pairs that have been counted."""

_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class CountedPair:
    """Ids of a pair, each once; the target's without those that are always allowed."""

    source: Ids
    target: Ids


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Every source id with every target id of some pairs: source * width + target. Links of a target id lie together,
    and begin at `starts`."""

    keys: Ids
    starts: Ids


def best_targets(
    pairs: Sequence[CountedPair], width: int, *, best: int, iterations: int, report: Report
) -> dict[int, list[int]]:
    """Return source id -> the target ids that it translates to most often, at most `best`, the best first.

    width: size of the target vocabulary.
    """
    keys = _all_keys(pairs, width, report)
    if not len(keys):
        return {}
    counts = np.ones(len(keys), np.float32)
    for _ in range(iterations):
        counts = _expected(pairs, width, keys, _probabilities(keys // width, counts), report)
    return _best(keys, counts, width, best)


def _all_keys(pairs: Sequence[CountedPair], width: int, report: Report) -> Ids:
    keys: Ids = np.zeros(0, np.int64)
    for part in _parts(pairs):
        keys = np.union1d(keys, _chunk(part, width).keys)
        report(len(part))
    return keys


def _expected(pairs: Sequence[CountedPair], width: int, keys: Ids, probabilities: Ids, report: Report) -> Ids:
    """Share every target piece among the source pieces beside it, as likely as each is to have made it."""
    counts = np.zeros(len(keys), np.float32)
    for part in _parts(pairs):
        chunk = _chunk(part, width)
        report(len(part))
        if not len(chunk.keys):
            continue
        places = np.searchsorted(keys, chunk.keys)
        weights = probabilities[places]
        sizes = np.diff(np.append(chunk.starts, len(weights)))
        shares = weights / np.repeat(np.add.reduceat(weights, chunk.starts), sizes)
        counts += np.bincount(places, shares, minlength=len(keys)).astype(np.float32)
    return counts


def _probabilities(sources: Ids, counts: Ids) -> Ids:
    """Return for each key how likely its source makes its target; never zero, so that every target has a maker."""
    totals = np.bincount(sources, counts)[sources]
    return np.maximum(counts / np.maximum(totals, np.finfo(np.float32).tiny), 1e-9)


def _best(keys: Ids, counts: Ids, width: int, best: int) -> dict[int, list[int]]:
    sources, targets = keys // width, keys % width
    order = np.lexsort((targets, -counts, sources))
    sources, targets = sources[order], targets[order]
    starts = np.flatnonzero(np.append(True, sources[1:] != sources[:-1]))
    ends = np.append(starts[1:], len(sources))
    return {
        int(sources[start]): targets[start : min(end, start + best)].tolist()
        for start, end in zip(starts, ends, strict=True)
    }


def _chunk(part: Sequence[CountedPair], width: int) -> _Chunk:
    usable = [pair for pair in part if len(pair.source) and len(pair.target)]
    keys = [(pair.source[None] * width + pair.target[:, None]).ravel() for pair in usable]
    sizes = [size for pair in usable for size in [len(pair.source)] * len(pair.target)]
    if not usable:
        return _Chunk(np.zeros(0, np.int64), np.zeros(0, np.int64))
    return _Chunk(np.concatenate(keys), np.concatenate([[0], np.cumsum(sizes)[:-1]]))


def _parts(pairs: Sequence[CountedPair]) -> Iterator[Sequence[CountedPair]]:
    for start in range(0, len(pairs), _CHUNK):
        yield pairs[start : start + _CHUNK]
