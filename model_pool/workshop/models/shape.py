"""The size of a trainable checkpoint, from its configuration; reads its files."""

from __future__ import annotations

import json
from pathlib import Path

from model_pool.workshop.plan import Shape


def read_shape(directory: Path) -> Shape:
    """Return the size of the model in a directory."""
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    return Shape(
        config["vocab_size"],
        config["d_model"],
        config["encoder_layers"],
        config["decoder_layers"],
        config["encoder_ffn_dim"],
        config["encoder_attention_heads"],
        config["max_position_embeddings"],
    )
