from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.nn import functional
from transformers import MarianConfig, MarianMTModel
from typer.testing import CliRunner

from app.cli.commands import cli
from model_pool.workshop.plan import DEVICES, Shape, Training, make_plan, memory_of, parameters

SHAPES = (
    Shape(100, 16, 1, 1, 32, heads=2, positions=64),
    Shape(1000, 64, 3, 2, 256, heads=4, positions=64),
    Shape(300, 128, 2, 1, 512, heads=4, positions=128),
)
BASE = Shape(32_000, 512, 6, 6, 2048)


def build(shape: Shape) -> MarianMTModel:
    return MarianMTModel(
        MarianConfig(
            vocab_size=shape.vocabulary, d_model=shape.d_model, encoder_layers=shape.encoder_layers,
            decoder_layers=shape.decoder_layers, encoder_ffn_dim=shape.ffn, decoder_ffn_dim=shape.ffn,
            encoder_attention_heads=shape.heads, decoder_attention_heads=shape.heads, pad_token_id=0, eos_token_id=0,
            max_position_embeddings=shape.positions, decoder_start_token_id=0, forced_eos_token_id=None, dropout=0.1,
        )
    )  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_parameters_are_those_of_a_built_model(shape: Shape) -> None:
    trained = sum(weight.numel() for weight in build(shape).parameters() if weight.requires_grad)
    assert parameters(shape) == trained


def kept_bytes(shape: Shape, rows: int, length: int) -> int:
    """Return what a real forward pass keeps for its backward pass, weights apart."""
    model = build(shape)
    kept: dict[int, int] = {}
    weights = {weight.data_ptr() for weight in model.parameters()}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.randint(1, shape.vocabulary, (rows, length))
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        logits = model(input_ids=ids, decoder_input_ids=ids, use_cache=False).logits
        loss = functional.cross_entropy(logits.flatten(0, 1), ids.flatten())
    torch.autograd.backward(loss)
    return sum(kept.values())


@pytest.mark.parametrize("shape", SHAPES[1:])
def test_activations_are_about_what_a_real_pass_keeps(shape: Shape) -> None:
    tokens = 16 * 24
    planned = memory_of(shape, Training(1, tokens=tokens, length=24)).activations
    not_kept_yet = 2 * 4 * tokens * shape.vocabulary  # of the logits, two copies come and go later
    assert 0.7 < (planned - not_kept_yet) / kept_bytes(shape, 16, 24) < 1.5


def test_memory_counts_what_each_choice_costs() -> None:
    plain = memory_of(BASE, Training(1))
    weights = 4 * parameters(BASE)
    assert (plain.gradients, plain.optimizer, plain.average) == (weights, 2 * weights, 0)
    assert memory_of(BASE, Training(1, ema=True)).average == weights
    assert memory_of(BASE, Training(1, autocast=True)).activations < plain.activations
    assert memory_of(BASE, Training(1, checkpointing=True)).activations < plain.activations
    assert memory_of(BASE, Training(1, tokens=16_000)).activations == 2 * plain.activations


def test_time_and_price_follow_the_work_and_the_devices() -> None:
    training = Training(1e9, autocast=True)
    one = make_plan(BASE, training, DEVICES["a100"], price_per_hour=2)
    four = make_plan(BASE, training, DEVICES["a100"], devices=4, price_per_hour=2)
    twice = make_plan(BASE, replace(training, total_tokens=2e9), DEVICES["a100"], price_per_hour=2)
    assert one.price == pytest.approx(one.seconds / 3600 * 2)
    assert four.seconds == pytest.approx(one.seconds / 4)
    assert four.price == pytest.approx(one.price)
    assert twice.seconds == pytest.approx(2 * one.seconds)
    assert make_plan(BASE, training, DEVICES["cpu"]).price is None


def test_model_too_large_for_a_device_does_not_fit() -> None:
    huge = Shape(64_000, 4096, 24, 24, 16_384)
    assert not make_plan(huge, Training(1e9), DEVICES["t4"]).fits
    assert make_plan(BASE, Training(1e9), DEVICES["a100"]).fits


def test_plan_is_told_by_the_command_line() -> None:
    told = CliRunner().invoke(cli, ["workshop", "plan", "--device", "a100", "--price-per-hour", "2"])
    assert told.exit_code == 0, told.output
    assert "fits" in told.stdout
    assert "price" in told.stdout
    small = CliRunner().invoke(cli, ["workshop", "plan", "--memory-gb", "0.1", "--json"])
    assert json.loads(small.stdout)["fits"] is False
    assert CliRunner().invoke(cli, ["workshop", "plan", "--device", "abacus"]).exit_code == 2
