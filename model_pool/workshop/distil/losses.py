"""Distances between a student and what it should be; pure functions of tensors.

`where` is true at the (batch, target) places that count. Every loss is a mean over them, in float32.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor


def relative_error(student: Tensor, teacher: Tensor, where: Tensor) -> Tensor:
    """Return the squared difference of states as a share of the squared length of the teacher's."""
    counted = where[..., None].float()
    difference = ((student.float() - teacher.float()) ** 2 * counted).sum()
    return difference / (teacher.float() ** 2 * counted).sum()


def divergence(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Return the Kullback-Leibler divergence of scores, (places, pieces), from the teacher's.

    It is scaled by the squared temperature, so that its gradient does not depend on that.
    """
    expected = (teacher.float() / temperature).log_softmax(-1)
    found = (student.float() / temperature).log_softmax(-1)
    return (expected.exp() * (expected - found)).sum(-1).mean() * temperature**2


def alignment_divergence(student: Tensor, teacher: Tensor, where: Tensor) -> Tensor:
    """Return the divergence of attention, (batch, target, source), from the teacher's."""
    tiny = torch.finfo(torch.float32).tiny
    expected, found = (one.float().clamp_min(tiny) for one in (teacher, student))
    return (expected * (expected.log() - found.log())).sum(-1)[where].mean()


def cross_entropy(scores: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return the cross-entropy of scores, (places, pieces), at these targets."""
    return F.cross_entropy(scores.float(), targets, label_smoothing=smoothing)


def logit_metric(embeddings: Tensor, counts: Tensor) -> Tensor:
    """Return L, (width, width), so that |(h - t) L|^2 is the mean squared difference of two states' logits.

    The mean is over pieces, half by how frequent they are and half alike; what all logits have in common does not
    count, since it changes no distribution. This replaces a product with all embeddings by one with a small matrix.
    """
    frequent = (counts + 1) / (counts + 1).sum()
    weight = (0.5 * frequent + 0.5 / len(counts)).double()
    table = embeddings.double()
    centred = table - (weight[:, None] * table).sum(0)
    gram = centred.T @ (centred * weight[:, None])
    eye = torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    root: Tensor = torch.linalg.cholesky(gram + 1e-6 * gram.diagonal().mean() * eye)
    return root.float()


def logit_error(student: Tensor, teacher: Tensor, metric: Tensor, where: Tensor) -> Tensor:
    """Return the mean squared difference of the logits of two states, by `logit_metric`."""
    difference = (student.float() - teacher.float()) @ metric
    return (difference**2).sum(-1)[where].mean()
