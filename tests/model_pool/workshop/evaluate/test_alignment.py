from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_pool.workshop.errors import DataInvalid
from model_pool.workshop.evaluate.alignment import Attention, alignment_error, load_attention, save_attention
from model_pool.workshop.models.translating import Followed


def attention(*rows: list[float], tokens: str = "a b") -> Attention:
    return Attention(tuple(tokens.split()), np.array(rows, np.float32))


def test_equal_attention_has_no_error_and_opposite_attention_has_all() -> None:
    one, other = attention([1, 0], [0, 1]), attention([0, 1], [1, 0])
    assert alignment_error([one], [one]).total_variation == 0
    worst = alignment_error([one], [other])
    assert (worst.tokens, worst.total_variation, worst.moved, worst.sharpness) == (2, 1, 1, 1)


def test_error_is_the_share_that_lies_elsewhere_in_the_mean_of_all_tokens() -> None:
    found = alignment_error([attention([1, 0], [0, 1])], [attention([0.75, 0.25], [0.5, 0.5])])
    assert found.total_variation == pytest.approx((0.25 + 0.5) / 2)
    assert (found.moved, found.base_sharpness) == (0.5, 1)


def test_other_tokens_cannot_be_compared_and_that_is_said() -> None:
    with pytest.raises(DataInvalid, match="other tokens"):
        alignment_error([attention([1, 0], [0, 1])], [attention([1, 0], [0, 1], tokens="a c")])
    with pytest.raises(DataInvalid, match="No sentence has a target token"):
        alignment_error([], [])


def test_attention_is_read_as_it_was_written(tmp_path: Path) -> None:
    drawn = np.random.default_rng(1)
    shapes = [(2, 3), (0, 4), (1, 1)]
    tokens = [("a", "b"), (), ("c",)]
    written = [Followed(each, (), drawn.random(shape, np.float32)) for each, shape in zip(tokens, shapes, strict=True)]
    save_attention(tmp_path / "it.npz", written)
    for one, other in zip(written, load_attention(tmp_path / "it.npz"), strict=True):
        assert one.tokens == other.tokens
        assert np.array_equal(one.attention, other.weights)
