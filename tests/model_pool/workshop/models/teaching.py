"""A tiny checkpoint that has learned something, so that its translations end and differ."""

from __future__ import annotations

from functools import cache

import torch

from model_pool.workshop.models.trainable import Trainable
from tests.model_pool.workshop.models.making import number_pairs, tiny_trainable


@cache
def taught_trainable(steps: int = 60, *, width: int = 32, seed: int = 1) -> Trainable:
    """Return a model that reads numbers, more or less. Takes a few seconds, once."""
    trainable = tiny_trainable(width=width, seed=seed)
    model, words = trainable.model.train(), trainable.words
    pairs = number_pairs(256, longest=4)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for step in range(steps):
        part = [pairs[(32 * step + place) % len(pairs)] for place in range(32)]
        sources = _padded(words.encode_all([source for source, _ in part]), words.pad)
        targets = _padded(words.encode_targets([target for _, target in part]), words.pad)
        labels = targets.masked_fill(targets == words.pad, -100)
        loss = model(input_ids=sources, attention_mask=(sources != words.pad).long(), labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    return trainable


def _padded(ids: list[list[int]], pad: int) -> torch.Tensor:
    tensors = [torch.tensor(each) for each in ids]
    return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=pad)
