from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from model_pool.workshop.artifact import Kind, open_artifact
from model_pool.workshop.data.batches import Example
from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.models.languages import Languages
from model_pool.workshop.models.trainable import Trainable, load_trainable
from model_pool.workshop.student.making import student_of
from model_pool.workshop.student.shaping import nearest_layers
from model_pool.workshop.student.step import STEP, StudentOptions
from model_pool.workshop.teachers.marian import load_marian
from model_pool.workshop.teachers.padded import pad_batch
from model_pool.workshop.teachers.parts import Parts
from model_pool.workshop.workspace import Workspace
from tests.model_pool.workshop.models.making import tiny_trainable, write_trainable
from tests.model_pool.workshop.teachers.making import WIDTH, write_marian

PAIRS = [Example([3, 4, 5, 6, 0], [7, 8, 0]), Example([5, 0], [3, 4, 5, 6, 7, 0])]


@torch.inference_mode()
def scores(one: Trainable) -> Tensor:
    one.model.train(mode=False)
    parts, batch = Parts(one.model), pad_batch(PAIRS, one.words.pad)
    return parts.project(parts.decode(batch, parts.encode(batch)).last)


def test_student_of_a_bergamot_teacher_has_all_but_its_running_average(tmp_path: Path) -> None:
    directory = write_marian(tmp_path / "teacher")
    made = Workspace(tmp_path / "build").make(STEP, {"teacher": open_artifact([directory])}, StudentOptions())
    assert made.artifact.kind is Kind.TRAINABLE
    assert made.artifact.lineage is not None
    assert made.artifact.lineage.figures["self_attention_for_ssru"] is True
    student, teacher = load_trainable(made.artifact.path), load_marian(directory)
    assert student.languages == Languages(("en",), ("pt",))
    assert student.words.vocabulary == teacher.words.vocabulary
    theirs, ours = teacher.model.state_dict(), student.model.state_dict()
    assert {name for name in ours if ".decoder" in name and ".self_attn." in name} == set(ours) - set(theirs)
    for name in set(ours) & set(theirs):
        assert torch.equal(ours[name], theirs[name]), name
    value = "model.decoder.layers.1.self_attn.value.weight"
    assert torch.equal(ours["model.decoder.layers.1.self_attn.v_proj.weight"], theirs[value])
    assert torch.equal(ours["model.decoder.layers.1.self_attn.out_proj.weight"], torch.eye(WIDTH))


def test_student_of_the_same_shape_is_its_teacher() -> None:
    teacher = tiny_trainable(layers=2)
    torch.testing.assert_close(scores(student_of(teacher, StudentOptions(), seed=1)), scores(teacher))


def test_wider_inner_layer_changes_nothing_at_first() -> None:
    teacher = tiny_trainable(layers=2)
    wider = student_of(teacher, StudentOptions(ffn=100), seed=1)
    assert wider.model.config.decoder_ffn_dim == 100
    torch.testing.assert_close(scores(wider), scores(teacher))


def test_layers_are_copies_of_the_nearest() -> None:
    assert nearest_layers(6, 6) == [0, 1, 2, 3, 4, 5]
    assert nearest_layers(3, 6) == [0, 2, 5]
    assert nearest_layers(4, 2) == [0, 0, 1, 1]
    assert nearest_layers(1, 2) == [1]
    teacher = tiny_trainable(layers=2)
    state = student_of(teacher, StudentOptions(decoder_layers=4, encoder_layers=1), seed=1).model.state_dict()
    theirs = teacher.model.state_dict()
    name = "model.decoder.layers.{}.encoder_attn.k_proj.weight"
    for index, origin in enumerate([0, 0, 1, 1]):
        assert torch.equal(state[name.format(index)], theirs[name.format(origin)])
    assert "model.encoder.layers.1.fc1.weight" not in state


def test_narrower_student_keeps_the_dimensions_in_which_the_embeddings_vary_most() -> None:
    teacher = tiny_trainable()
    table = teacher.model.state_dict()["model.shared.weight"]
    with torch.no_grad():
        table[:, ::2] *= 3
    student = student_of(teacher, StudentOptions(d_model=16), seed=1)
    assert torch.equal(student.model.state_dict()["model.shared.weight"], table[:, ::2])
    assert torch.isfinite(scores(student)).all()


@pytest.mark.parametrize(
    "options",
    [
        StudentOptions(d_model=48, heads=4),
        StudentOptions(d_model=16, heads=1, ffn=24),
        StudentOptions(heads=4),
        StudentOptions(ffn=8, decoder_layers=3),
    ],
)
def test_students_of_other_shapes_can_be_computed_and_saved(tmp_path: Path, options: StudentOptions) -> None:
    teacher = open_artifact([write_trainable(tmp_path / "teacher")])
    made = Workspace(tmp_path / "build").make(STEP, {"teacher": teacher}, options)
    student = load_trainable(made.artifact.path)
    assert student.model.config.d_model == (options.d_model or 32)
    assert torch.isfinite(scores(student)).all()


def test_same_seed_makes_the_same_student(tmp_path: Path) -> None:
    teacher = load_marian(write_marian(tmp_path / "teacher"))
    first, second, other = (student_of(teacher, StudentOptions(), seed=seed).model.state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    name = "model.decoder.layers.0.self_attn.q_proj.weight"
    assert not torch.equal(first[name], other[name])


def test_shape_that_cannot_be_is_refused() -> None:
    with pytest.raises(RecipeInvalid, match="d_model is 30: it must be even and a multiple of the 4 heads"):
        student_of(tiny_trainable(), StudentOptions(d_model=30, heads=4), seed=1)


def test_languages_must_be_known_or_said() -> None:
    trained = tiny_trainable()
    teacher = Trainable(trained.model, trained.words)
    with pytest.raises(RecipeInvalid, match="give source and target"):
        student_of(teacher, StudentOptions(), seed=1)
    said = student_of(teacher, StudentOptions(source="en", target="pt"), seed=1)
    assert said.languages == Languages(("en",), ("pt",))
