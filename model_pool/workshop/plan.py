"""What training a model of some size takes, before anything runs: parameters, memory, time, money; pure.

Times are rough: good to a factor of two where a device's rate was measured, worse where it is only stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_FLOAT = 4
FORWARD, LEARN = 2, 6
"""Floating-point operations for each weight and token: forward alone, forward and backward together."""

_ENCODER_D, _DECODER_D, _FFN = 13, 23, 2.5
"""Numbers kept for the backward pass, a token and layer: so many times the width, and the feed-forward width."""

_LOGITS = 3
"""Copies of the logits in float32: themselves, their log-softmax, their gradient."""

_SPARE = 1.15
"""Memory beyond what is counted: the allocator's rounding, work buffers, the runtime itself."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Size of an encoder-decoder with one embedding for both sides and the output."""

    vocabulary: int
    d_model: int
    encoder_layers: int
    decoder_layers: int
    ffn: int
    heads: int = 8
    positions: int = 512


@dataclass(frozen=True, slots=True)
class Training:
    """How it is trained. tokens: of a batch, each side, padding counted. length: of a typical sentence.

    total_tokens: of both sides, over the whole training. autocast: whether activations take two bytes.
    """

    total_tokens: float
    tokens: int = 8000
    length: int = 30
    autocast: bool = False
    checkpointing: bool = False
    ema: bool = False


@dataclass(frozen=True, slots=True)
class Device:
    """What computes. flops: sustained in training models of this kind, autocast or not. how: measured, or stated."""

    name: str
    memory_bytes: float
    flops: float
    autocast_flops: float
    how: str


_STATED = "a fifth of the maker's dense peak"

DEVICES: Mapping[str, Device] = {
    device.name: device
    for device in (
        Device("cpu", 8e9, 120e9, 70e9, "2 cores with AVX-512, from the CPU time of one"),
        Device("t4", 16e9, 1.6e12, 13e12, _STATED),
        Device("rtx-4090", 24e9, 16e12, 33e12, _STATED),
        Device("l4", 24e9, 6e12, 24e12, _STATED),
        Device("a100", 80e9, 31e12, 62e12, _STATED),
        Device("h100", 80e9, 99e12, 198e12, _STATED),
        Device("h200", 141e9, 99e12, 198e12, _STATED),
    )
}


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes."""

    weights: float
    gradients: float
    optimizer: float
    average: float
    activations: float

    @property
    def whole(self) -> float:
        """All of it, with something to spare."""
        counted = self.weights + self.gradients + self.optimizer + self.average + self.activations
        return counted * _SPARE


@dataclass(frozen=True, slots=True)
class Plan:
    """What it takes. price: in the currency of the price per hour; None where none was given."""

    parameters: int
    memory: Memory
    fits: bool
    seconds: float
    tokens_per_second: float
    disk_bytes: float
    price: float | None
    devices: int


def make_plan(
    shape: Shape, training: Training, device: Device, *, devices: int = 1, price_per_hour: float | None = None
) -> Plan:
    """Work out what a training takes on some devices of a kind, which share the batches."""
    count = parameters(shape)
    memory = memory_of(shape, training)
    rate = device.autocast_flops if training.autocast else device.flops
    flops = flops_per_token(shape) * (4 / 3 if training.checkpointing else 1)
    speed = devices * rate / flops
    seconds = training.total_tokens / speed
    price = None if price_per_hour is None else seconds / 3600 * price_per_hour * devices
    disk = _FLOAT * count * (3 * (3 + training.ema) + 3)
    return Plan(count, memory, memory.whole <= device.memory_bytes, seconds, speed, disk, price, devices)


def parameters(shape: Shape) -> int:
    """Return how many weights are trained; sinusoidal positions are not."""
    return shape.vocabulary * shape.d_model + encoder_parameters(shape) + decoder_parameters(shape)


def encoder_parameters(shape: Shape) -> int:
    """Return how many weights the encoder has, embeddings aside."""
    return shape.encoder_layers * _encoder_layer(shape)


def decoder_parameters(shape: Shape) -> int:
    """Return how many weights the decoder has, embeddings aside."""
    return shape.decoder_layers * _decoder_layer(shape)


def memory_of(shape: Shape, training: Training) -> Memory:
    """Return what a training keeps in memory on each device."""
    weights = _FLOAT * parameters(shape)
    positions = 2 * _FLOAT * shape.positions * shape.d_model
    return Memory(
        weights=weights + positions + (weights / 2 if training.autocast else 0),
        gradients=weights,
        optimizer=2 * weights,
        average=weights if training.ema else 0,
        activations=_activations(shape, training),
    )


def flops_per_token(shape: Shape) -> float:
    """Return the operations for one token, the mean of both sides: half are sources, half targets."""
    encoder = encoder_parameters(shape)
    decoder = decoder_parameters(shape) + shape.vocabulary * shape.d_model
    return LEARN * (encoder + decoder) / 2


def _attention(shape: Shape) -> int:
    return 4 * (shape.d_model**2 + shape.d_model)


def _feed_forward(shape: Shape) -> int:
    return 2 * shape.d_model * shape.ffn + shape.ffn + shape.d_model


def _encoder_layer(shape: Shape) -> int:
    return _attention(shape) + _feed_forward(shape) + 2 * 2 * shape.d_model


def _decoder_layer(shape: Shape) -> int:
    return 2 * _attention(shape) + _feed_forward(shape) + 3 * 2 * shape.d_model


def _activations(shape: Shape, training: Training) -> float:
    size = _FLOAT / 2 if training.autocast else _FLOAT
    encoder = _ENCODER_D * shape.d_model + _FFN * shape.ffn + 3 * shape.heads * training.length
    decoder = _DECODER_D * shape.d_model + _FFN * shape.ffn + 6 * shape.heads * training.length
    if training.checkpointing:
        kept = (shape.encoder_layers + shape.decoder_layers) * shape.d_model + max(encoder, decoder)
    else:
        kept = shape.encoder_layers * encoder + shape.decoder_layers * decoder
    logits = _LOGITS * _FLOAT * shape.vocabulary
    return training.tokens * (kept * size + logits)
