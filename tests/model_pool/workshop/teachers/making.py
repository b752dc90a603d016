"""Writes small teachers in Marian's binary format, byte by byte as the format says."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.model_pool.workshop.models.making import number_pairs, tiny_words

Items = dict[str, tuple[int, tuple[int, ...], bytes]]

FLOAT32, INT8 = 0x404, 0x4101
SETTINGS = {
    "dec-cell": "ssru",
    "dec-depth": "2",
    "enc-depth": "1",
    "tied-embeddings-all": "true",
    "transformer-decoder-autoreg": "rnn",
    "transformer-ffn-activation": "relu",
    "transformer-heads": "2",
    "transformer-postprocess": "dan",
    "transformer-postprocess-top": '""',
    "transformer-preprocess": '""',
    "transformer-train-position-embeddings": "false",
    "type": "transformer",
}
WIDTH, INNER = 16, 32


def write_items(path: Path, items: Items, version: int = 1) -> Path:
    head, names, shapes, data = b"", b"", b"", b""
    for name, (kind, shape, content) in items.items():
        named = name.encode() + b"\0"
        head += struct.pack("<4Q", len(named), kind, len(shape), len(content))
        names += named
        shapes += struct.pack(f"<{len(shape)}i", *shape)
        data += content
    start = struct.pack("<2Q", version, len(items)) + head + names + shapes
    padding = -(len(start) + 8) % 256
    path.write_bytes(start + struct.pack("<Q", padding) + b"\0" * padding + data)
    return path


def float32(values: np.ndarray) -> tuple[int, tuple[int, ...], bytes]:
    shape = values.shape if values.ndim == 2 else (1, values.size)
    return FLOAT32, shape, values.astype("<f4").tobytes()


def int8(values: np.ndarray, *, turned: bool = True) -> tuple[int, tuple[int, ...], bytes]:
    """Quantize a matrix (in, out), which is stored turned round; embeddings are not."""
    multiplier = np.float32(127 / np.abs(values).max())
    stored = np.rint((values.T if turned else values) * multiplier).astype(np.int8)
    content = stored.tobytes() + struct.pack("<f", multiplier)
    return INT8, values.shape, content + b"\0" * (-len(content) % 256)


def configuration(settings: Mapping[str, str]) -> tuple[int, tuple[int, ...], bytes]:
    text = "".join(f"{name}: {value}\n" for name, value in settings.items()).encode() + b"\0"
    return 0x101, (len(text),), text


class _Drawn:
    """Random weights by Marian's names."""

    def __init__(self, seed: int) -> None:
        self.items: Items = {}
        self._draw = np.random.default_rng(seed)

    def matrix(self, name: str, rows: int, columns: int) -> None:
        self.items[name] = int8(self._draw.normal(0, rows**-0.5, (rows, columns)), turned=name != "Wemb")

    def vector(self, name: str, size: int, around: float = 0) -> None:
        self.items[name] = float32(self._draw.normal(around, 0.1, size))

    def norm(self, name: str) -> None:
        self.vector(f"{name}_ln_scale", WIDTH, 1)
        self.vector(f"{name}_ln_bias", WIDTH)

    def attention(self, name: str) -> None:
        for which in "qkvo":
            self.matrix(f"{name}_W{which}", WIDTH, WIDTH)
            self.vector(f"{name}_b{which}", WIDTH)
        self.norm(f"{name}_Wo")

    def running_average(self, name: str) -> None:
        self.matrix(f"{name}_W", WIDTH, WIDTH)
        self.matrix(f"{name}_Wf", WIDTH, WIDTH)
        self.vector(f"{name}_bf", WIDTH)
        self.norm(f"{name}_ffn")

    def feed_forward(self, name: str) -> None:
        for which, rows, columns in (("1", WIDTH, INNER), ("2", INNER, WIDTH)):
            self.matrix(f"{name}_W{which}", rows, columns)
            self.vector(f"{name}_b{which}", columns)
        self.norm(f"{name}_ffn")


def tiny_items(pieces: int, settings: Mapping[str, str] = SETTINGS, seed: int = 1) -> Items:
    drawn = _Drawn(seed)
    drawn.matrix("Wemb", pieces, WIDTH)
    drawn.vector("Wemb_QuantMultA", 1)
    drawn.vector("decoder_ff_logit_out_b", pieces)
    for index in range(int(settings["enc-depth"])):
        drawn.attention(f"encoder_l{index + 1}_self")
        drawn.feed_forward(f"encoder_l{index + 1}_ffn")
    for index in range(int(settings["dec-depth"])):
        name = f"decoder_l{index + 1}"
        if settings["transformer-decoder-autoreg"] == "rnn":
            drawn.running_average(f"{name}_rnn")
        else:
            drawn.attention(f"{name}_self")
        drawn.attention(f"{name}_context")
        drawn.feed_forward(f"{name}_ffn")
    return {"special:model.yml": configuration(settings)} | drawn.items


def write_marian(directory: Path, settings: Mapping[str, str] = SETTINGS, seed: int = 1) -> Path:
    """Write a teacher with random weights and the vocabulary of `number_pairs`."""
    directory.mkdir(parents=True)
    words = tiny_words(number_pairs(300))
    (directory / "vocab.enpt.spm").write_bytes(words.source_model)
    write_items(directory / "model.enpt.intgemm.alphas.bin", tiny_items(words.size - 1, settings, seed))
    return directory
