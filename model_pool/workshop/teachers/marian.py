"""A Bergamot directory as a model of transformers, with its tokenizer: read as it is, nothing converted; touches disk.

    model.*.bin   transformer with tied embeddings; its decoder has an SSRU or self-attention
    vocab.*.spm   SentencePiece, the same for both sides

One piece is added at the end, for padding and for the decoder's first step: a row of zeros that is never chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from sentencepiece import SentencePieceProcessor
from torch import Tensor, nn
from transformers import MarianConfig, MarianMTModel

from model_pool.workshop.errors import ArtifactInvalid
from model_pool.workshop.models.trainable import Languages, Trainable
from model_pool.workshop.models.words import END, PAD, UNKNOWN, Words
from model_pool.workshop.teachers.marian_file import MarianFile, read_marian
from model_pool.workshop.teachers.ssru import Ssru

NEVER = -1e4
"""Bias of the added piece."""

_POSITIONS = 512
_EPSILON = 1e-6
_NEEDED = {
    "type": {"transformer"},
    "tied-embeddings-all": {"true"},
    "transformer-preprocess": {""},
    "transformer-postprocess": {"dan"},
    "transformer-postprocess-top": {""},
    "transformer-ffn-activation": {"relu", "swish"},
    "transformer-decoder-autoreg": {"rnn", "self-attention"},
    "transformer-train-position-embeddings": {"false"},
}
_CODES = re.compile(r"^model\.([a-z]{2})([a-z]{2})\.")
_QKVO = {"q_proj": "q", "k_proj": "k", "v_proj": "v", "out_proj": "o"}


def load_marian(directory: Path) -> Trainable:
    """Read a teacher. Languages are told by the file's name (model.enpt.*), if they can be.

    Raises ArtifactInvalid where a file is missing or damaged, or the model is built in a way that is not read here.
    """
    path = _only(directory, "model.*.bin")
    content = read_marian(path)
    words = _words(_only(directory, "vocab*.spm"))
    try:
        model = _model(content, words)
    except KeyError as error:
        raise ArtifactInvalid(f"{path} has no {error}: it is built in a way that is not read here.") from error
    except (RuntimeError, ValueError) as error:
        raise ArtifactInvalid(f"{path}: its parts do not fit together: {error}") from error
    codes = _CODES.match(path.name)
    return Trainable(model, words, Languages((codes[1],), (codes[2],)) if codes else Languages())


def has_ssru(model: nn.Module) -> bool:
    """Return whether this is a model whose decoder has SSRUs: it cannot be saved as one of transformers."""
    return any(isinstance(module, Ssru) for module in model.modules())


def positions_of_marian(count: int, width: int) -> Tensor:
    """Return Marian's sinusoids, (count, width): sines, then cosines. They are not quite those of transformers."""
    half = width // 2
    scale = np.exp(np.arange(half) * -(np.log(10_000.0) / max(half - 1, 1)))
    angles = np.arange(count)[:, None] * scale[None]
    return torch.tensor(np.concatenate([np.sin(angles), np.cos(angles)], 1), dtype=torch.float32)


def _only(directory: Path, pattern: str) -> Path:
    found = sorted(directory.glob(pattern))
    if len(found) != 1:
        raise ArtifactInvalid(f"{directory} has {len(found)} files {pattern}, and should have one.")
    return found[0]


def _words(path: Path) -> Words:
    content = path.read_bytes()
    try:
        pieces = SentencePieceProcessor(model_proto=content)
    except RuntimeError as error:
        raise ArtifactInvalid(f"{path} is no SentencePiece model: {error}") from error
    listed = pieces.id_to_piece(list(range(pieces.get_piece_size())))
    if listed[:2] != [END, UNKNOWN]:
        raise ArtifactInvalid(f"{path} begins with {listed[:2]}, where Marian's begin with {END} and {UNKNOWN}.")
    return Words(content, content, {piece: index for index, piece in enumerate(listed)} | {PAD: len(listed)})


def _model(content: MarianFile, words: Words) -> MarianMTModel:
    config = _config(content, words)
    model = MarianMTModel(config)
    if content.settings["transformer-decoder-autoreg"] == "rnn":
        for index, layer in enumerate(model.model.decoder.layers):
            layer.self_attn = Ssru(config.d_model, index)
    for module in model.modules():
        if isinstance(module, nn.LayerNorm):
            module.eps = _EPSILON
    model.load_state_dict(dict(_state(content, config)))
    model.train(mode=False)
    return model


def _config(content: MarianFile, words: Words) -> MarianConfig:
    _check(content.settings)
    width = content.arrays["Wemb"].shape[1]
    if content.arrays["Wemb"].shape[0] != words.size - 1:
        raise ValueError(f"embeddings of {content.arrays['Wemb'].shape[0]} pieces, a vocabulary of {words.size - 1}")
    heads = int(content.settings["transformer-heads"])
    return MarianConfig(
        vocab_size=words.size,
        d_model=width,
        encoder_layers=int(content.settings["enc-depth"]),
        decoder_layers=int(content.settings["dec-depth"]),
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=content.arrays["encoder_l1_ffn_b1"].size,
        decoder_ffn_dim=content.arrays["decoder_l1_ffn_b1"].size,
        activation_function=content.settings["transformer-ffn-activation"],
        scale_embedding=True,
        max_position_embeddings=_POSITIONS,
        pad_token_id=words.pad,
        eos_token_id=words.eos,
        bos_token_id=None,
        decoder_start_token_id=words.decoder_start,
        forced_eos_token_id=None,
        dropout=0.0,
        share_encoder_decoder_embeddings=True,
        tie_word_embeddings=True,
    )


def _check(settings: Mapping[str, str]) -> None:
    for name, known in _NEEDED.items():
        if settings.get(name) not in known:
            raise ValueError(f"{name} is {settings.get(name)!r}, and only {' or '.join(map(repr, known))} is read")
    if settings["transformer-decoder-autoreg"] == "rnn" and settings.get("dec-cell") != "ssru":
        raise ValueError(f"dec-cell is {settings.get('dec-cell')!r}, and only 'ssru' is read")


def _state(content: MarianFile, config: MarianConfig) -> Iterator[tuple[str, Tensor]]:
    arrays = content.arrays
    table = torch.cat([torch.from_numpy(arrays["Wemb"]), torch.zeros(1, config.d_model)])
    for name in ("model.shared", "model.encoder.embed_tokens", "model.decoder.embed_tokens", "lm_head"):
        yield f"{name}.weight", table
    for side in ("encoder", "decoder"):
        yield f"model.{side}.embed_positions.weight", positions_of_marian(_POSITIONS, config.d_model)
    bias = torch.from_numpy(arrays["decoder_ff_logit_out_b"])
    yield "final_logits_bias", torch.cat([bias, torch.tensor([NEVER])])[None]
    for index in range(config.encoder_layers):
        yield from _layer(arrays, "encoder", index)
    for index in range(config.decoder_layers):
        yield from _layer(arrays, "decoder", index)


def _layer(arrays: Mapping[str, np.ndarray], side: str, index: int) -> Iterator[tuple[str, Tensor]]:
    theirs, ours = f"{side}_l{index + 1}", f"model.{side}.layers.{index}"
    names = dict(_attention(f"{ours}.self_attn", f"{theirs}_self"))
    if f"{theirs}_rnn_W" in arrays:
        names = dict(_running_average(f"{ours}.self_attn", f"{theirs}_rnn"))
    if side == "decoder":
        names |= dict(_attention(f"{ours}.encoder_attn", f"{theirs}_context"))
    names |= {f"{ours}.fc{n}.{kind}": f"{theirs}_ffn_{letter}{n}" for n in "12" for kind, letter in _LINEAR.items()}
    names |= dict(_norm(f"{ours}.final", f"{theirs}_ffn_ffn"))
    yield from ((ours_, torch.from_numpy(arrays[theirs_])) for ours_, theirs_ in names.items())


_LINEAR = {"weight": "W", "bias": "b"}


def _attention(ours: str, theirs: str) -> Iterator[tuple[str, str]]:
    for projection, which in _QKVO.items():
        for kind, letter in _LINEAR.items():
            yield f"{ours}.{projection}.{kind}", f"{theirs}_{letter}{which}"
    yield from _norm(ours, f"{theirs}_Wo")


def _running_average(ours: str, theirs: str) -> Iterator[tuple[str, str]]:
    yield f"{ours}.value.weight", f"{theirs}_W"
    yield f"{ours}.forget.weight", f"{theirs}_Wf"
    yield f"{ours}.forget.bias", f"{theirs}_bf"
    yield from _norm(ours, f"{theirs}_ffn")


def _norm(ours: str, theirs: str) -> Iterator[tuple[str, str]]:
    yield f"{ours}_layer_norm.weight", f"{theirs}_ln_scale"
    yield f"{ours}_layer_norm.bias", f"{theirs}_ln_bias"
