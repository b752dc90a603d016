"""An exponential moving average of a model's weights; touches disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from model_pool.workshop.pacing import average_decay


class Average:
    """Follows the weights that are trained. decay: as `average_decay` has it."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._decay = decay
        self._weights = {name: weight.detach().clone() for name, weight in _trained(model)}

    @torch.no_grad()
    def follow(self, model: nn.Module, step: int) -> None:
        """Take in the weights after an update."""
        decay = average_decay(self._decay, step)
        for name, weight in _trained(model):
            self._weights[name].lerp_(weight.detach(), 1 - decay)

    @contextmanager
    def in_place(self, model: nn.Module) -> Iterator[None]:
        """Give the model the average while the context lasts."""
        self._swap(model)
        try:
            yield
        finally:
            self._swap(model)

    def save(self, path: Path) -> None:
        """Write the average."""
        save_file(self._weights, path)

    def load(self, path: Path) -> None:
        """Go on from a written one."""
        for name, weight in load_file(path).items():
            self._weights[name].copy_(weight)

    @torch.no_grad()
    def _swap(self, model: nn.Module) -> None:
        for name, weight in _trained(model):
            kept = weight.detach().clone()
            weight.copy_(self._weights[name])
            self._weights[name].copy_(kept)


def _trained(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    return ((name, weight) for name, weight in model.named_parameters() if weight.requires_grad)
