"""Which device a step computes on; touches torch."""

from __future__ import annotations

from typing import Literal

import torch

from model_pool.workshop.errors import RecipeInvalid

DeviceName = Literal["auto", "cpu", "cuda"]


def choose_device(name: DeviceName) -> torch.device:
    """Return the device; auto takes the first GPU where there is one. Raises RecipeInvalid where it is not there."""
    if name == "cuda" and not torch.cuda.is_available():
        raise RecipeInvalid("device is cuda, and torch sees no such device here. Take auto or cpu.")
    there = name == "cuda" or (name == "auto" and torch.cuda.is_available())
    return torch.device("cuda" if there else "cpu")
