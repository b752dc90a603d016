"""`babelpool workshop plan`: what training a model would take, printed before anything runs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.filesize import decimal

from model_pool.workshop.plan import DEVICES, Device, Plan, Shape, Training, make_plan


def plan(
    vocabulary: Annotated[int, typer.Option(min=1, help="Pieces of the vocabulary.")] = 32_000,
    d_model: Annotated[int, typer.Option(min=1, help="Width.")] = 512,
    encoder_layers: Annotated[int, typer.Option(min=1, help="Layers of the encoder.")] = 6,
    decoder_layers: Annotated[int, typer.Option(min=1, help="Layers of the decoder.")] = 2,
    ffn: Annotated[int, typer.Option(min=1, help="Width of the feed-forward layers.")] = 2048,
    pairs: Annotated[int, typer.Option(min=1, help="Pairs of the corpus.")] = 1_000_000,
    length: Annotated[int, typer.Option(min=1, help="Tokens of a sentence, on average.")] = 30,
    epochs: Annotated[float, typer.Option(min=0, help="How often each pair is trained on.")] = 10,
    batch_tokens: Annotated[int, typer.Option(min=1, help="Tokens of a batch on each device.")] = 8000,
    device: Annotated[str, typer.Option(help=f"What computes: {', '.join(DEVICES)}.")] = "cpu",
    devices: Annotated[int, typer.Option(min=1, help="How many of them.")] = 1,
    memory_gb: Annotated[float | None, typer.Option(help="Memory of a device, where it is another.")] = None,
    price_per_hour: Annotated[float | None, typer.Option(help="Price of a device for an hour.")] = None,
    autocast: Annotated[bool, typer.Option(help="Train in bf16 or fp16.")] = True,  # noqa: FBT002
    checkpointing: Annotated[bool, typer.Option(help="Gradient checkpointing.")] = False,  # noqa: FBT002
    ema: Annotated[bool, typer.Option(help="Keep a moving average of the weights.")] = False,  # noqa: FBT002
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,  # noqa: FBT002
) -> None:
    """Estimate parameters, memory, time and price of a training, and say whether it fits. Nothing runs.

    Example:  babelpool workshop plan --d-model 1024 --pairs 20000000 --device a100 --price-per-hour 2
    """
    if device not in DEVICES:
        raise typer.BadParameter(f"There is no {device}; there are: {', '.join(DEVICES)}.", param_hint="--device")
    chosen = DEVICES[device]
    if memory_gb is not None:
        chosen = Device(device, memory_gb * 1e9, chosen.flops, chosen.autocast_flops, chosen.how)
    shape = Shape(vocabulary, d_model, encoder_layers, decoder_layers, ffn)
    training = Training(2.0 * pairs * length * epochs, batch_tokens, length, autocast, checkpointing, ema)
    made = make_plan(shape, training, chosen, devices=devices, price_per_hour=price_per_hour)
    if as_json:
        told = {**asdict(made), "memory_bytes": made.memory.whole, "device": chosen.name}
        return typer.echo(json.dumps(told, indent=2))
    return typer.echo(_told(made, chosen))


def _told(made: Plan, device: Device) -> str:
    memory = made.memory
    fits = "fits" if made.fits else "does NOT fit: lower batch_tokens, take gradient checkpointing, or a larger device"
    parts = {
        "weights": memory.weights,
        "gradients": memory.gradients,
        "optimizer": memory.optimizer,
        "average": memory.average,
        "activations": memory.activations,
    }
    counted = ", ".join(f"{name} {decimal(int(size))}" for name, size in parts.items())
    lines = [
        f"weights      {made.parameters:,}",
        f"memory       {decimal(int(memory.whole))} of {decimal(int(device.memory_bytes))} on {device.name}: {fits}",
        f"             {counted}; the rest is spare",
        f"disk         {decimal(int(made.disk_bytes))} while it trains",
        f"time         {made.seconds / 3600:,.1f} h at {made.tokens_per_second:,.0f} tokens/s ({device.how})",
    ]
    if made.price is not None:
        lines.append(f"price        {made.price:,.2f} for {made.devices} x {made.seconds / 3600:,.1f} h")
    return "\n".join(lines)
