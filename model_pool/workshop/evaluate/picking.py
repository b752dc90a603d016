"""Which sentences to show; pure, and always the same."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from model_pool.workshop.evaluate.inputs import Contest, TestSet
from model_pool.workshop.evaluate.scores import sentence_chrf
from model_pool.workshop.evaluate.scoring import Outputs

Row = dict[str, Any]
"""set, source, reference (or None), outputs by model, and how far apart they are (0 to 100)."""

_PLAIN_SHARE = 2
"""One sentence of so many on the page is drawn at random, so that a reader sees ordinary ones too."""


def pick_interesting(contest: Contest, outputs: Outputs, count: int) -> list[Row]:
    """Return the sentences of all sets on which models differ most, sets by turns, widely different ones first."""
    ranked = [_by_difference(_rows(one, outputs)) for one in contest.sets]
    return _by_turns([[row for row in rows if row["apart"]] for rows in ranked], count)


def pick_for_page(contest: Contest, outputs: Outputs, count: int, *, seed: int) -> list[Row]:
    """Return those on which models differ most, and as many drawn at random; in the order of the sets."""
    rows = [_rows(one, outputs) for one in contest.sets]
    wide = _by_turns([_by_difference(each) for each in rows], count - count // _PLAIN_SHARE)
    taken = {id(row) for row in wide}
    rest = [row for each in rows for row in each if id(row) not in taken]
    drawn = random.Random(seed).sample(rest, min(len(rest), count - len(wide)))  # noqa: S311 - no secret
    taken |= {id(row) for row in drawn}
    return [row for each in rows for row in each if id(row) in taken]


def _rows(one: TestSet, outputs: Outputs) -> list[Row]:
    columns = {name: texts[one.name] for name, texts in outputs.items()}
    references: Sequence[str | None] = one.references or [None] * len(one.sources)
    found = []
    for place, (source, reference) in enumerate(zip(one.sources, references, strict=True)):
        said = {name: texts[place] for name, texts in columns.items()}
        found.append(
            {
                "set": one.name,
                "source": source,
                "reference": reference,
                "outputs": said,
                "apart": _apart(said, reference),
            }
        )
    return found


def _apart(said: Mapping[str, str], reference: str | None) -> float:
    """Return how far the furthest output is from the first model's; from the reference where there is one model."""
    first, *others = said.values()
    if not others:
        others = [reference] if reference is not None else []
    return round(max((100 - sentence_chrf(other, first) for other in set(others) - {first}), default=0.0), 1)


def _by_difference(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-row["apart"], row["source"]))


def _by_turns(ranked: Sequence[Sequence[Row]], count: int) -> list[Row]:
    found: list[Row] = []
    seen: set[tuple[str, str]] = set()
    for turn in zip_longest(*ranked):
        for row in turn:
            if row is not None and len(found) < count and (key := (row["set"], row["source"])) not in seen:
                seen.add(key)
                found.append(row)
    return found
