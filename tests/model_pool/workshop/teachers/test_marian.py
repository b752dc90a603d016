from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from model_pool.workshop.artifact import open_artifact
from model_pool.workshop.data.batches import Example
from model_pool.workshop.errors import ArtifactInvalid
from model_pool.workshop.models.trainable import Languages
from model_pool.workshop.teachers.marian import has_ssru, load_marian, positions_of_marian
from model_pool.workshop.teachers.marian_file import read_marian
from model_pool.workshop.teachers.padded import pad_batch
from model_pool.workshop.teachers.parts import Parts
from model_pool.workshop.teachers.teacher import load_teacher
from tests.model_pool.workshop.teachers.making import SETTINGS, WIDTH, tiny_items, write_items, write_marian


def by_hand(path: Path, source: list[int], target: list[int]) -> Tensor:
    """Return the scores of each piece at each step, by the formulas of the format alone."""
    read = read_marian(path)
    arrays = {name: torch.from_numpy(array).double() for name, array in read.arrays.items()}
    heads, table = int(read.settings["transformer-heads"]), positions_of_marian(64, WIDTH)

    def norm(name: str, x: Tensor) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        scaled = centred / ((centred**2).mean(-1, keepdim=True) + 1e-6).sqrt()
        return scaled * arrays[f"{name}_ln_scale"] + arrays[f"{name}_ln_bias"]

    def linear(name: str, which: str, x: Tensor) -> Tensor:
        return x @ arrays[f"{name}_W{which}"].T + arrays[f"{name}_b{which}"]

    def attention(name: str, x: Tensor, y: Tensor) -> Tensor:
        q, k, v = (linear(name, which, z).reshape(len(z), heads, -1) for which, z in (("q", x), ("k", y), ("v", y)))
        weights = (torch.einsum("thd,shd->hts", q, k) / q.shape[-1] ** 0.5).softmax(-1)
        return norm(f"{name}_Wo", x + linear(name, "o", torch.einsum("hts,shd->thd", weights, v).reshape(x.shape)))

    def feed_forward(name: str, x: Tensor) -> Tensor:
        return norm(f"{name}_ffn_ffn", x + linear(f"{name}_ffn", "2", linear(f"{name}_ffn", "1", x).relu()))

    def running_average(name: str, x: Tensor) -> Tensor:
        state, kept = torch.zeros(WIDTH), []
        for step in x:
            forget = torch.sigmoid(linear(f"{name}_rnn", "f", step))
            state = forget * state + (1 - forget) * (arrays[f"{name}_rnn_W"] @ step)
            kept.append(state.relu())
        return norm(f"{name}_rnn_ffn", x + torch.stack(kept))

    encoded = arrays["Wemb"][source] * WIDTH**0.5 + table[: len(source)]
    encoded = feed_forward("encoder_l1", attention("encoder_l1_self", encoded, encoded))
    x = torch.cat([torch.zeros(1, WIDTH), arrays["Wemb"][target[:-1]] * WIDTH**0.5]) + table[: len(target)]
    for layer in ("decoder_l1", "decoder_l2"):
        x = feed_forward(layer, attention(f"{layer}_context", running_average(layer, x), encoded))
    return x @ arrays["Wemb"].T + arrays["decoder_ff_logit_out_b"]


def test_scores_are_those_of_the_formulas(tmp_path: Path) -> None:
    directory = write_marian(tmp_path / "it")
    teacher = load_teacher(open_artifact([directory]))
    pairs = [([3, 4, 5, 0], [6, 7, 0]), ([8, 0], [9, 3, 4, 5, 0])]
    batch = pad_batch([Example(*pair) for pair in pairs], teacher.words.pad)
    parts = Parts(teacher.model)
    scores = parts.project(parts.decode(batch, parts.encode(batch)).last)
    for row, (source, target) in enumerate(pairs):
        expected = by_hand(next(directory.glob("*.bin")), source, target)
        torch.testing.assert_close(scores[row, : len(target), :-1].double(), expected, atol=2e-5, rtol=1e-4)
        assert (scores[row, : len(target), -1] < -1000).all()


def test_languages_are_told_by_the_file(tmp_path: Path) -> None:
    directory = write_marian(tmp_path / "it")
    assert load_marian(directory).languages == Languages(("en",), ("pt",))
    next(directory.glob("*.bin")).rename(directory / "model.bin.bin")
    assert load_marian(directory).languages == Languages()


def test_decoder_with_self_attention_is_read_too(tmp_path: Path) -> None:
    teacher = load_marian(write_marian(tmp_path / "it", SETTINGS | {"transformer-decoder-autoreg": "self-attention"}))
    assert not has_ssru(teacher.model)
    assert has_ssru(load_marian(write_marian(tmp_path / "other")).model)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dec-cell", "gru"),
        ("tied-embeddings-all", "false"),
        ("transformer-preprocess", "n"),
        ("transformer-ffn-activation", "gelu"),
        ("type", "amun"),
        ("dec-depth", "3"),
        ("transformer-heads", "3"),
    ],
)
def test_model_that_is_built_otherwise_is_refused(tmp_path: Path, name: str, value: str) -> None:
    directory = write_marian(tmp_path / "it")
    items = tiny_items(load_marian(directory).words.size - 1, SETTINGS)
    items |= {"special:model.yml": tiny_items(9, SETTINGS | {name: value})["special:model.yml"]}
    write_items(next(directory.glob("*.bin")), items)
    with pytest.raises(ArtifactInvalid, match=r"not read here|do not fit"):
        load_marian(directory)


def test_directory_without_its_files_is_refused(tmp_path: Path) -> None:
    directory = write_marian(tmp_path / "it")
    vocabulary = next(directory.glob("vocab*"))
    content = vocabulary.read_bytes()
    vocabulary.write_bytes(b"not a model")
    with pytest.raises(ArtifactInvalid, match="no SentencePiece model"):
        load_marian(directory)
    vocabulary.unlink()
    with pytest.raises(ArtifactInvalid, match=r"0 files vocab\*\.spm"):
        load_marian(directory)
    vocabulary.write_bytes(content)
    write_items(next(directory.glob("*.bin")), tiny_items(20))
    with pytest.raises(ArtifactInvalid, match="embeddings of 20 pieces"):
        load_marian(directory)


def test_loading_a_teacher_draws_nothing_that_matters(tmp_path: Path) -> None:
    directory = write_marian(tmp_path / "it")
    torch.manual_seed(1)
    first = load_marian(directory).model.state_dict()
    torch.manual_seed(2)
    second = load_marian(directory).model.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
