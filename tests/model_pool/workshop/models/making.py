"""Small trainable checkpoints for tests."""

from __future__ import annotations

import io
import random
from pathlib import Path

import torch
from sentencepiece import SentencePieceTrainer
from transformers import MarianConfig, MarianMTModel

from model_pool.workshop.models.languages import Languages
from model_pool.workshop.models.trainable import Trainable, save_trainable
from model_pool.workshop.models.words import PAD, Words

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DIGITS = "0123456789"


def number_pairs(count: int, *, seed: int = 1, longest: int = 6) -> list[tuple[str, str]]:
    """Return a language that a tiny model can learn: "one two" and "1 2"."""
    draw = random.Random(seed)
    drawn = [[draw.randrange(10) for _ in range(draw.randint(1, longest))] for _ in range(count)]
    return [(" ".join(NUMBERS[one] for one in each), " ".join(DIGITS[one] for one in each)) for each in drawn]


def tiny_words(pairs: list[tuple[str, str]] | None = None, symbols: tuple[str, ...] = (), size: int = 60) -> Words:
    model = io.BytesIO()
    texts = [text for pair in pairs or number_pairs(300) for text in pair]
    SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=model, vocab_size=size, hard_vocab_limit=False, minloglevel=2,
        eos_id=0, unk_id=1, bos_id=-1, pad_id=-1, user_defined_symbols=list(symbols), num_threads=1,
    )  # fmt: skip
    words = Words(model.getvalue(), model.getvalue(), {"</s>": 0, "<unk>": 1, PAD: 2})
    pieces = words._source.id_to_piece(list(range(words._source.get_piece_size())))
    vocabulary = {piece: index for index, piece in enumerate(pieces)} | {PAD: len(pieces)}
    return Words(model.getvalue(), model.getvalue(), vocabulary)


def tiny_trainable(words: Words | None = None, *, width: int = 32, layers: int = 1, seed: int = 1) -> Trainable:
    words = words or tiny_words()
    torch.manual_seed(seed)
    config = MarianConfig(
        vocab_size=words.size, d_model=width, encoder_layers=layers, decoder_layers=layers, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=2 * width, decoder_ffn_dim=2 * width, max_position_embeddings=64,
        pad_token_id=words.pad, eos_token_id=words.eos, decoder_start_token_id=words.decoder_start, bos_token_id=None,
        forced_eos_token_id=None, scale_embedding=True, dropout=0.1, activation_function="relu",
    )  # fmt: skip
    return Trainable(MarianMTModel(config), words, Languages(("en",), ("pt",)))


def write_trainable(directory: Path, trainable: Trainable | None = None) -> Path:
    directory.mkdir(parents=True)
    save_trainable(directory, trainable or tiny_trainable())
    return directory
