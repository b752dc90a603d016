from __future__ import annotations

import pytest
import torch

from model_pool.workshop.distil.losses import (
    alignment_divergence,
    cross_entropy,
    divergence,
    logit_error,
    logit_metric,
    relative_error,
)
from model_pool.workshop.distil.pieces import Chosen, Pieces, count_pieces
from tests.model_pool.workshop.distil.making import examples

WHERE = torch.tensor([[True, True, False], [True, False, False]])


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(1)


def test_nothing_is_lost_where_student_and_teacher_agree() -> None:
    states, scores = torch.randn(2, 3, 4), torch.randn(3, 7)
    alignment = torch.randn(2, 3, 5).softmax(-1)
    assert relative_error(states, states, WHERE) == 0
    assert divergence(scores, scores, 2.0) == 0
    assert alignment_divergence(alignment, alignment, WHERE) == 0


def test_padding_does_not_count() -> None:
    states, teacher = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    alignment, taught = torch.randn(2, 3, 5).softmax(-1), torch.randn(2, 3, 5).softmax(-1)
    before = relative_error(states, teacher, WHERE), alignment_divergence(alignment, taught, WHERE)
    states[~WHERE], alignment[~WHERE] = 100.0, 0.2
    assert (relative_error(states, teacher, WHERE), alignment_divergence(alignment, taught, WHERE)) == before


def test_relative_error_is_a_share_of_the_teachers_length() -> None:
    teacher = torch.randn(2, 3, 4)
    torch.testing.assert_close(relative_error(torch.zeros(2, 3, 4), teacher, WHERE), torch.tensor(1.0))
    torch.testing.assert_close(relative_error(1.5 * teacher, teacher, WHERE), torch.tensor(0.25))


def test_divergence_is_that_of_torch() -> None:
    student, teacher = torch.randn(5, 7), torch.randn(5, 7)
    expected = torch.nn.functional.kl_div(
        student.log_softmax(-1), teacher.log_softmax(-1), log_target=True, reduction="batchmean"
    )
    torch.testing.assert_close(divergence(student, teacher, 1.0), expected)
    assert divergence(student, teacher, 3.0) != divergence(student, teacher, 1.0)


def test_quadratic_form_is_the_difference_of_all_logits() -> None:
    embeddings, counts = torch.randn(50, 6), torch.randint(0, 9, (50,)).float()
    student, teacher = torch.randn(2, 3, 6), torch.randn(2, 3, 6)
    weight = 0.5 * (counts + 1) / (counts + 1).sum() + 0.5 / 50
    logits = (student - teacher) @ embeddings.T
    centred = logits - (logits * weight).sum(-1, keepdim=True)
    expected = (centred**2 * weight).sum(-1)[WHERE].mean()
    found = logit_error(student, teacher, logit_metric(embeddings, counts), WHERE)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_some_pieces_give_the_loss_of_all_where_the_others_are_impossible() -> None:
    counts = torch.arange(20).float()
    pieces = Pieces(counts, frequent=4, random=0, generator=torch.Generator().manual_seed(1))
    targets = torch.tensor([2, 19, 2])
    chosen = pieces.chosen(targets)
    assert chosen.pieces is not None
    assert chosen.pieces.tolist() == [2, 16, 17, 18, 19]
    assert chosen.pieces[chosen.targets].tolist() == targets.tolist()
    scores = torch.full((3, 20), -1e9)
    scores[:, chosen.pieces] = torch.randn(3, len(chosen.pieces))
    found = cross_entropy(chosen.scored(scores[:, chosen.pieces]), chosen.targets)
    torch.testing.assert_close(found, cross_entropy(scores, targets))


def test_pieces_drawn_stand_for_all_the_others() -> None:
    drawn = torch.Generator().manual_seed(1)
    scores, targets = torch.randn(6, 2_000, generator=drawn), torch.tensor([5, 900, 1_500, 7, 7, 1_999])
    pieces = Pieces(torch.arange(2_000).float(), frequent=100, random=200, generator=drawn)
    found = []
    for _ in range(50):
        chosen = pieces.chosen(targets)
        assert chosen.pieces is not None
        assert chosen.counts is not None
        assert chosen.counts.exp().sum() == pytest.approx(2_000, rel=1e-3)
        found.append(cross_entropy(chosen.scored(scores[:, chosen.pieces]), chosen.targets))
    whole = cross_entropy(scores, targets)
    assert torch.stack(found).mean() == pytest.approx(float(whole), rel=0.01)
    none = Pieces(torch.arange(2_000).float(), frequent=100, random=0, generator=drawn).chosen(targets)
    assert none.pieces is not None
    assert cross_entropy(none.scored(scores[:, none.pieces]), none.targets) < 0.7 * whole


def test_all_pieces_are_taken_as_they_are() -> None:
    targets = torch.tensor([2, 19])
    for frequent in (0, 20, 30):
        pieces = Pieces(torch.ones(20), frequent=frequent, random=5, generator=torch.Generator())
        assert pieces.chosen(targets) == Chosen(None, targets)


def test_share_of_the_places_is_drawn_among_those_that_count() -> None:
    pieces = Pieces(torch.ones(20), frequent=0, random=0, generator=torch.Generator().manual_seed(2))
    where = torch.rand(50, 40) < 0.5
    some = pieces.places(where, 0.3)
    assert not (some & ~where).any()
    assert 0.25 < some.sum() / where.sum() < 0.35
    assert torch.equal(pieces.places(WHERE, 1e-9), WHERE)
    assert torch.equal(pieces.places(where, 1), where)


def test_pieces_are_counted_in_the_targets() -> None:
    counts = count_pieces([examples(([3, 4, 0], [5, 5, 0])), examples(([3, 0], [6, 0]))], 9)
    assert counts.tolist() == [2, 0, 0, 0, 0, 2, 1, 0, 0]
