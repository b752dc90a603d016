from __future__ import annotations

import torch

from model_pool.workshop.data.batches import Batch
from model_pool.workshop.distil.memory import Computed, Memory
from tests.model_pool.workshop.distil.making import examples

A, B, C = examples(([3, 4, 0], [5, 0]), ([6, 0], [7, 8, 9, 0]), ([3, 0], [5, 0]))


class Teacher:
    """Writes down what it is asked; its states say which pair and place they are of."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def compute(self, batch: Batch) -> Computed:
        self.asked.append(len(batch))
        sources, targets = (max(len(getattr(one, side)) for one in batch) for side in ("source", "target"))
        of_source, of_target = torch.full((len(batch), sources, 2), 99.0), torch.full((len(batch), targets, 2), 99.0)
        square = torch.full((len(batch), targets, sources), 99.0)
        for row, one in enumerate(batch):
            of_source[row, : len(one.source)] = torch.tensor(one.source)[:, None].float()
            of_target[row, : len(one.target)] = torch.tensor(one.target)[:, None].float()
            square[row, : len(one.target), : len(one.source)] = one.source[0]
        states = {"source": of_source, "target": of_target, "square": square}
        return Computed(states, frozenset({"source"}), frozenset({"square"}))


def test_states_are_those_that_were_computed_with_zeros_for_padding() -> None:
    teacher = Teacher()
    memory = Memory(teacher.compute, 10**6)
    for batch in ([A, B], [B, A], [C, A, B]):
        found = memory.states(batch)
        for row, one in enumerate(batch):
            assert found["source"][row, :, 0].tolist()[: len(one.source)] == one.source
            assert found["target"][row, :, 1].tolist()[: len(one.target)] == one.target
            assert found["source"][row, len(one.source) :].abs().sum() == 0
            expected = torch.zeros_like(found["square"][row])
            expected[: len(one.target), : len(one.source)] = one.source[0]
            assert torch.equal(found["square"][row], expected)
    assert teacher.asked == [2, 1]
    assert (memory.asked, memory.found) == (7, 4)


def test_memory_is_bounded_and_works_without_any() -> None:
    for capacity, expected in ((0, [1, 1, 1, 1]), (60, [1, 1, 1])):
        teacher = Teacher()
        memory = Memory(teacher.compute, capacity)
        for one in (A, B, A, B):
            assert memory.states([one])["target"][0, :, 0].tolist() == one.target
        assert teacher.asked == expected
        assert memory.bytes <= capacity


def test_pair_that_is_twice_in_a_batch_is_computed_once() -> None:
    teacher = Teacher()
    found = Memory(teacher.compute, 0).states([A, A])
    assert teacher.asked == [1]
    assert torch.equal(found["source"][0], found["source"][1])
