"""What of a model learns: which weights, and with how much dropout; touches nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from torch import nn
from transformers import PreTrainedModel

from model_pool.workshop.errors import RecipeInvalid


def freeze(model: nn.Module, patterns: Sequence[str]) -> None:
    """Take weights out of training by name. What the model itself holds fixed, as Marian's positions, stays so.

    Raises RecipeInvalid where a pattern fits none, or nothing is left.
    """
    names = [name for name, _ in model.named_parameters()]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise RecipeInvalid(f"freeze: no weight is called {pattern}; the names are like {names[0]}, {names[-1]}.")
    for name, weight in model.named_parameters():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            weight.requires_grad = False
    if not any(weight.requires_grad for weight in model.parameters()):
        raise RecipeInvalid("freeze: nothing is left to train.")


def set_dropout(model: PreTrainedModel, dropout: float) -> None:
    """Set the dropout of a loaded model, everywhere that it has any."""
    model.config.dropout = dropout
    for module in model.modules():
        if isinstance(getattr(module, "dropout", None), float):
            module.dropout = dropout  # type: ignore[assignment]
