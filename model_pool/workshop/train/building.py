"""The model that is trained: a new Marian one, or a given checkpoint; reads files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from transformers import MarianConfig, MarianMTModel, PreTrainedModel

from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.models.languages import read_languages
from model_pool.workshop.models.learning import freeze, set_dropout
from model_pool.workshop.models.trainable import Trainable, embedding, hold_start, load_trainable
from model_pool.workshop.models.words import Words, load_words
from model_pool.workshop.train.step import TrainOptions


def starting_point(model: Path | None, tokenizer: Path | None, options: TrainOptions, seed: int) -> Trainable:
    """Return what training begins with. Raises RecipeInvalid unless exactly one of the two is given."""
    torch.manual_seed(seed)
    if model is not None and tokenizer is None:
        trainable = load_trainable(model)
        set_dropout(trainable.model, options.dropout)
    elif tokenizer is not None and model is None:
        words = load_words(tokenizer)
        trainable = Trainable(new_model(words, options), words, read_languages(tokenizer))
    else:
        raise RecipeInvalid("train needs either a tokenizer, for a new model, or a model, which has its own.")
    freeze(trainable.model, options.freeze)
    hold_start(trainable.model)
    if options.gradient_checkpointing:
        _keep_less(trainable.model)
    return trainable


def new_model(words: Words, options: TrainOptions) -> PreTrainedModel:
    """Return an untrained model of the size that is asked for, as CTranslate2 converts it."""
    config = MarianConfig(
        vocab_size=words.size,
        decoder_vocab_size=words.size,
        d_model=options.d_model,
        encoder_layers=options.encoder_layers,
        decoder_layers=options.decoder_layers,
        encoder_attention_heads=options.heads,
        decoder_attention_heads=options.heads,
        encoder_ffn_dim=options.ffn,
        decoder_ffn_dim=options.ffn,
        dropout=options.dropout,
        activation_function="relu",
        scale_embedding=True,
        max_position_embeddings=options.positions,
        share_encoder_decoder_embeddings=True,
        tie_word_embeddings=True,
        pad_token_id=words.pad,
        eos_token_id=words.eos,
        bos_token_id=None,
        forced_eos_token_id=None,
        decoder_start_token_id=words.decoder_start,
    )
    model: PreTrainedModel = MarianMTModel(config)
    with torch.no_grad():
        embedding(model)[words.decoder_start] = 0
    decoding = model.generation_config
    if decoding is not None:
        decoding.max_length, decoding.num_beams, decoding.bad_words_ids = options.positions, 1, [[words.pad]]
    return model


def _keep_less(model: PreTrainedModel) -> None:
    """Checkpoint gradients, by the name that this transformers has for it: the old one warns in the newer."""
    old: Callable[[dict[str, bool]], None] = model.gradient_checkpointing_enable
    enable: Callable[[dict[str, bool]], None] = getattr(model, "activation_checkpointing_enable", old)
    enable({"use_reentrant": False})
