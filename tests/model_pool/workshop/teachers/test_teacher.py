from __future__ import annotations

from pathlib import Path

import pytest
import torch

from model_pool.workshop.artifact import open_artifact
from model_pool.workshop.data.batches import Example
from model_pool.workshop.errors import ArtifactInvalid
from model_pool.workshop.models.trainable import Trainable
from model_pool.workshop.teachers.padded import pad_batch
from model_pool.workshop.teachers.parts import Parts, Wanted
from model_pool.workshop.teachers.teacher import Search, load_teacher, log_likelihoods, soft_alignments, translate
from tests.model_pool.workshop.models.making import write_trainable
from tests.model_pool.workshop.teachers.making import write_marian

SOURCES = ([3, 4, 5, 6, 7, 0], [8, 0], [9, 3, 0])


@pytest.fixture(params=["marian", "trainable"])
def teacher(request: pytest.FixtureRequest, tmp_path: Path) -> Trainable:
    write = write_marian if request.param == "marian" else write_trainable
    return load_teacher(open_artifact([write(tmp_path / "it")]))


def greedy(teacher: Trainable, source: list[int], limit: int) -> list[int]:
    """Translate without a cache: everything is computed anew at each step."""
    parts = Parts(teacher.model)
    target: list[int] = []
    while len(target) < limit and (not target or target[-1] != teacher.words.eos):
        batch = pad_batch([Example(source, [*target, teacher.words.pad])], teacher.words.pad)
        best = parts.project(parts.decode(batch, parts.encode(batch)).last)[0, -1].argmax()
        target.append(int(best))
    return target


def test_greedy_translation_step_by_step_is_that_of_the_whole(teacher: Trainable) -> None:
    search = Search(longest=2)
    found = translate(teacher, SOURCES, search)
    limit = 2 * max(map(len, SOURCES)) + search.extra
    assert found == [greedy(teacher, list(source), limit) for source in SOURCES]


def test_beam_search_finds_what_is_at_least_as_likely(teacher: Trainable) -> None:
    greedily = translate(teacher, SOURCES, Search(longest=1))
    widely = translate(teacher, SOURCES, Search(beam_size=6, longest=1))
    likely = [
        log_likelihoods(teacher, [Example(list(a), b) for a, b in zip(SOURCES, found, strict=True)])
        for found in (greedily, widely)
    ]
    assert sum(likely[1]) >= sum(likely[0]) - 1e-5


def test_padding_changes_no_state(teacher: Trainable) -> None:
    parts, pad = Parts(teacher.model), teacher.words.pad
    pairs = [Example([3, 4, 5, 6, 0], [7, 8, 0]), Example([5, 0], [3, 4, 5, 6, 7, 0])]
    wanted = Wanted(("layers.0.self_attn_layer_norm",), ("layers.0",), alignment=True)
    together = pad_batch(pairs, pad)
    states = parts.decode(together, parts.encode(together), wanted)
    assert states.alignment is not None
    for row, pair in enumerate(pairs):
        alone = pad_batch([pair], pad)
        own = parts.decode(alone, parts.encode(alone), wanted)
        length = len(pair.target)
        for a, b in ((states.last, own.last), (states.inputs["layers.0"], own.inputs["layers.0"])):
            torch.testing.assert_close(a[row, :length], b[0], atol=1e-5, rtol=1e-4)
        name = "layers.0.self_attn_layer_norm"
        torch.testing.assert_close(states.outputs[name][row, :length], own.outputs[name][0], atol=1e-5, rtol=1e-4)
        assert own.alignment is not None
        torch.testing.assert_close(
            states.alignment[row, :length, : len(pair.source)], own.alignment[0], atol=1e-5, rtol=1e-4
        )


def test_alignment_is_a_distribution_over_the_source(teacher: Trainable) -> None:
    pairs = [Example([3, 4, 5, 6, 0], [7, 8, 0]), Example([5, 0], [3, 4, 5, 0])]
    for pair, found in zip(pairs, soft_alignments(teacher, pairs), strict=True):
        assert found.shape == (len(pair.target), len(pair.source))
        torch.testing.assert_close(found.sum(1), torch.ones(len(pair.target)))


def test_alignment_is_the_first_head_of_the_last_layer(tmp_path: Path) -> None:
    teacher = load_teacher(open_artifact([write_trainable(tmp_path / "it")]))
    teacher.model.set_attn_implementation("eager")
    pair = Example([3, 4, 5, 6, 0], [7, 8, 0])
    batch = pad_batch([pair], teacher.words.pad)
    shifted = Parts(teacher.model).shifted(batch.target)
    whole = teacher.model(input_ids=batch.source, decoder_input_ids=shifted, output_attentions=True)
    torch.testing.assert_close(soft_alignments(teacher, [pair])[0], whole.cross_attentions[-1][0, 0])


def test_name_that_the_decoder_lacks_is_refused_with_what_there_is(teacher: Trainable) -> None:
    with pytest.raises(ArtifactInvalid, match=r"no 'layers\.7'; it has layers\.0 .* self_attn"):
        Parts(teacher.model).submodule("layers.7")
