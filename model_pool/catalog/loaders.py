"""Hugging Face weights to CTranslate2's format; imports torch, transformers and ctranslate2's converters.

CTranslate2 4.8's own `TransformersConverter` trips over transformers 5 in these places, which is why we come between:

- M2M-100: the tokenizer no longer lists its language tokens as additional special tokens, so the vocabulary came out
  without them and conversion failed on its size.
- mBART-50: `normalize_before` and `normalize_embedding` are no longer part of the configuration class; and the
  decoder's start token was derived from a `tokenizer_class` that checkpoints saved by transformers 5 leave out.
- T5 1.1, mT5, MADLAD: every T5 configuration now says that embeddings are tied, and the converter took that for the
  output scaling of T5 1.0, so that all scores (and beam search) were wrong though greedy search was not.
- Marian: the converter drops `<pad>` and lets the decoder start from a zero vector, which is what Marian's own models
  do. A model trained by transformers starts from the embedding of `<pad>`, which is not zero any more.
- T5: embeddings beyond the tokenizer's size were named `<extra_id_0>` and so on again, which the sentinels have.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, cast

import torch
from ctranslate2.converters import Converter
from ctranslate2.converters import transformers as stock
from ctranslate2.specs.model_spec import ModelConfig, ModelSpec
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    M2M100Tokenizer,
    MarianTokenizer,
    MBart50Tokenizer,
    NllbTokenizer,
    PreTrainedModel,
)

from model_pool.catalog.agreement import HubTokenizer
from model_pool.catalog.manifest import Family

_NEVER = -1e4
"""A bias that no other score makes up for, and that half precision can hold."""


class _FairseqTokenizer(HubTokenizer, Protocol):
    decoder: dict[int, str]
    encoder_size: int
    lang_token_to_id: dict[str, int]


class _FilledVocabulary:
    """Takes the tokens in the order of their ids, as many as there are embeddings."""

    def get_vocabulary(self, model: PreTrainedModel, tokenizer: HubTokenizer) -> list[str]:
        ids = tokenizer.get_vocab()
        return _filled(sorted(ids, key=ids.__getitem__), model)


class _MarianLoader(stock.MarianMTLoader):  # type: ignore[misc]
    """Keeps what the decoder starts from where training has moved it, and never lets it be said."""

    _kept = False

    def get_model_spec(self, model: PreTrainedModel) -> ModelSpec:
        start = int(cast("int", model.config.decoder_start_token_id))
        self._kept = bool(cast("torch.Tensor", model.get_input_embeddings().weight)[start].any())
        if self._kept:
            cast("torch.Tensor", model.final_logits_bias)[:, start] = _NEVER
        spec = super().get_model_spec(model)
        spec.decoder.start_from_zero_embedding = not self._kept
        return spec

    def set_config(self, config: ModelConfig, model: PreTrainedModel, tokenizer: HubTokenizer) -> None:
        super().set_config(config, model, tokenizer)
        if self._kept:
            config.decoder_start_token = tokenizer.convert_ids_to_tokens([model.config.decoder_start_token_id])[0]

    def get_vocabulary(self, model: PreTrainedModel, tokenizer: HubTokenizer) -> list[str]:
        if self._kept:
            return cast("list[str]", stock.BartLoader.get_vocabulary(self, model, tokenizer))
        return cast("list[str]", super().get_vocabulary(model, tokenizer))

    def _remove_pad_weights(self, spec: ModelSpec) -> None:
        if not self._kept:
            super()._remove_pad_weights(spec)


class _NllbLoader(_FilledVocabulary, stock.M2M100Loader):  # type: ignore[misc]
    pass


class _ScaledWhereTold:
    """Scales the decoder's output for T5 1.0 alone; the converter takes tied embeddings for the sign of that."""

    def get_model_spec(self, model: PreTrainedModel) -> ModelSpec:
        model.config.tie_word_embeddings = getattr(model.config, "scale_decoder_outputs", False)
        return super().get_model_spec(model)  # type: ignore[misc]


class _T5Loader(_ScaledWhereTold, _FilledVocabulary, stock.T5Loader):  # type: ignore[misc]
    pass


class _MT5Loader(_ScaledWhereTold, _FilledVocabulary, stock.MT5Loader):  # type: ignore[misc]
    pass


class _UMT5Loader(_ScaledWhereTold, _FilledVocabulary, stock.UMT5Loader):  # type: ignore[misc]
    pass


class _M2M100Loader(stock.M2M100Loader):  # type: ignore[misc]
    def get_vocabulary(self, model: PreTrainedModel, tokenizer: _FairseqTokenizer) -> list[str]:
        pieces = [tokenizer.decoder[index] for index in range(tokenizer.encoder_size)]
        return _filled([*pieces, *tokenizer.lang_token_to_id], model)


class _MBart50Loader(_FilledVocabulary, stock.MBartLoader):  # type: ignore[misc]
    def get_model_spec(self, model: PreTrainedModel) -> ModelSpec:
        model.config.normalize_before = True
        model.config.normalize_embedding = True
        return super().get_model_spec(model)

    def set_config(self, config: ModelConfig, model: PreTrainedModel, tokenizer: HubTokenizer) -> None:  # noqa: ARG002
        config.bos_token = tokenizer.cls_token
        config.eos_token = tokenizer.eos_token
        config.unk_token = tokenizer.unk_token
        config.decoder_start_token = tokenizer.eos_token


_LOADERS: dict[Family, dict[str, type[stock.ModelLoader]]] = {
    Family.MARIAN: {"marian": _MarianLoader},
    Family.NLLB: {"m2m_100": _NllbLoader},
    Family.M2M100: {"m2m_100": _M2M100Loader},
    Family.MBART50: {"mbart": _MBart50Loader},
    Family.T5: {"t5": _T5Loader, "mt5": _MT5Loader, "umt5": _UMT5Loader},
}


class FamilyConverter(Converter):  # type: ignore[misc]
    """Converts one repository on disk; `convert(output, quantization=...)` is the inherited entry.

    pickle: read `pytorch_model.bin` where there is no safetensors file; even then only tensors are unpickled.
    """

    def __init__(self, repository: Path, family: Family, tokenizer: HubTokenizer, *, pickle: bool) -> None:
        self._repository = repository
        self._family = family
        self._tokenizer = tokenizer
        self._pickle = pickle

    def _load(self) -> ModelSpec:
        with torch.no_grad():
            model = AutoModelForSeq2SeqLM.from_pretrained(
                self._repository,
                dtype="auto",
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=None if self._pickle else True,
                weights_only=True,
            )
            loader = _LOADERS[self._family][model.config.model_type]()
            return loader(model, self._tokenizer)


def load_hub_tokenizer(repository: Path, family: Family) -> HubTokenizer:
    """Return the transformers tokenizer of a repository."""
    classes = {
        Family.MARIAN: MarianTokenizer,
        Family.NLLB: NllbTokenizer,
        Family.M2M100: M2M100Tokenizer,
        Family.MBART50: MBart50Tokenizer,
        Family.T5: AutoTokenizer,
    }
    loaded = classes[family].from_pretrained(repository, local_files_only=True)  # type: ignore[attr-defined]
    return cast("HubTokenizer", loaded)


def _filled(tokens: list[str], model: PreTrainedModel) -> list[str]:
    """Name the embeddings that no token has; training pads their number to a round one."""
    size = cast("torch.nn.Embedding", model.get_input_embeddings()).num_embeddings
    return [*tokens[:size], *(f"<unused_{index}>" for index in range(size - len(tokens)))]
