"""How far a model's attention is from another's while both read the same translations; touches disk.

The text pipeline carries tags and placeholders over by attention, so a student may not lose its teacher's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_pool.workshop.errors import DataInvalid
from model_pool.workshop.models.translating import Followed


@dataclass(frozen=True, slots=True)
class AlignmentError:
    """Means over target tokens. tokens: how many.

    total_variation: share of the attention that lies elsewhere, 0 to 1. moved: share of tokens whose strongest source
    token is another one. sharpness: weight of the strongest source token; base_sharpness: the same of the base.
    """

    tokens: int
    total_variation: float
    moved: float
    sharpness: float
    base_sharpness: float

    def figures(self) -> dict[str, float]:
        """Return it for a report."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Attention:
    """Of one sentence: target tokens, and (target tokens, source tokens) weights."""

    tokens: tuple[str, ...]
    weights: NDArray[Any]


def save_attention(path: Path, followed: Sequence[Followed]) -> None:
    """Write where a model looked, all sentences in one file."""
    shapes = np.array([each.attention.shape for each in followed], np.int64).reshape(-1, 2)
    flat = np.concatenate([each.attention.ravel() for each in followed] or [np.zeros(0)]).astype(np.float32)
    tokens = json.dumps([each.tokens for each in followed])
    with path.open("wb") as stream:
        np.savez_compressed(stream, shapes=shapes, flat=flat, tokens=np.array(tokens))


def load_attention(path: Path) -> list[Attention]:
    """Read what `save_attention` has written."""
    with np.load(path) as stored:
        shapes, flat, tokens = stored["shapes"], stored["flat"], json.loads(str(stored["tokens"]))
    ends = np.cumsum(shapes.prod(axis=1))
    parts = np.split(flat, ends[:-1])
    return [
        Attention(tuple(each), part.reshape(shape))
        for each, part, shape in zip(tokens, parts, shapes, strict=True)
    ]  # fmt: skip


def alignment_error(base: Sequence[Attention], other: Sequence[Attention]) -> AlignmentError:
    """Compare two models on the same sentences. Raises DataInvalid where their tokens differ."""
    pairs = [(one.weights, two.weights) for one, two in _checked(base, other) if len(one.tokens)]
    if not pairs:
        raise DataInvalid("No sentence has a target token, so there is no alignment to compare.")
    ours = np.concatenate([np.abs(one - two).sum(axis=1) / 2 for one, two in pairs])
    moved = np.concatenate([one.argmax(axis=1) != two.argmax(axis=1) for one, two in pairs])
    sharp = [np.concatenate([each[side].max(axis=1) for each in pairs]) for side in (0, 1)]
    return AlignmentError(
        tokens=len(ours),
        total_variation=float(ours.mean()),
        moved=float(moved.mean()),
        sharpness=float(sharp[1].mean()),
        base_sharpness=float(sharp[0].mean()),
    )


def _checked(base: Sequence[Attention], other: Sequence[Attention]) -> list[tuple[Attention, Attention]]:
    found = list(zip(base, other, strict=True))
    for one, two in found:
        if one.tokens != two.tokens or one.weights.shape != two.weights.shape:
            raise DataInvalid(
                f"The models cut text into other tokens ({' '.join(one.tokens)!r}, {' '.join(two.tokens)!r}), so their "
                "attention cannot be compared. Leave --alignment out, or compare models of one vocabulary."
            )
    return found
