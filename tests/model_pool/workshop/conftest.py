from __future__ import annotations

from pathlib import Path

import pytest
import torch

from model_pool.workshop.data.batches import Example
from model_pool.workshop.teachers.padded import pad_batch
from model_pool.workshop.teachers.parts import Parts
from tests.model_pool.workshop.models.making import number_pairs, tiny_trainable, tiny_words, write_trainable


@pytest.fixture(scope="session")
def skilled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkpoint that has learned to write up to three numbers in digits."""
    pairs = number_pairs(600, longest=3)
    words = tiny_words()
    one = tiny_trainable(words)
    parts = Parts(one.model)
    one.model.train(mode=False)
    optimizer = torch.optim.Adam(one.model.parameters(), lr=4e-3, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 0.05, total_iters=20)
    for step in range(160):
        some = pairs[step * 48 % 576 :][:48]
        examples = [Example(words.encode(source), words.encode_target(target)) for source, target in some]
        batch = pad_batch(examples, words.pad)
        scores = parts.project(parts.decode(batch, parts.encode(batch)).last)
        loss = torch.nn.functional.cross_entropy(scores[batch.target_mask], batch.target[batch.target_mask])
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        schedule.step()
    return write_trainable(tmp_path_factory.mktemp("skilled") / "it", one)
