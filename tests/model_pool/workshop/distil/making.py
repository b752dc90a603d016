"""Batches for tests of distillation."""

from __future__ import annotations

from model_pool.workshop.data.batches import Example


def examples(*pairs: tuple[list[int], list[int]]) -> list[Example]:
    return [Example(source, target) for source, target in pairs]
