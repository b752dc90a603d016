"""How good a model is while it is trained: perplexity, BLEU, chrF and some translations to read; computes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from sacrebleu import BLEU, CHRF
from torch.nn import functional
from transformers import PreTrainedModel

from model_pool.workshop.data.batches import Batch, Encoders, cut, encode_pairs
from model_pool.workshop.data.pairs import Pair
from model_pool.workshop.models.trainable import positions
from model_pool.workshop.models.words import Words
from model_pool.workshop.train.feed import IGNORED, collate

_LONGER = 2
_SLACK = 10


@dataclass(frozen=True, slots=True)
class Judgement:
    """metrics: perplexity, and bleu and chrf where pairs were translated. samples: source, reference, translation."""

    metrics: dict[str, float]
    samples: list[tuple[str, str, str]]


class Judge:
    """Measures on the same pairs each time. translated: how many of them are translated. samples: how many are told."""

    def __init__(
        self, pairs: Sequence[Pair], words: Words, *, batch_tokens: int, longest: int, translated: int, samples: int
    ) -> None:
        self._words, self._batch_tokens = words, batch_tokens
        examples = encode_pairs(pairs, Encoders(words.encode_all, words.encode_targets))
        self._batches = cut((one for one in examples if one.length <= longest), batch_tokens)
        self._asked = list(pairs[:translated])
        self._samples = samples

    def judge(self, model: PreTrainedModel) -> Judgement:
        """Return how good the model is now. Leaves its mode and the random state as they were."""
        was_training = model.training
        model.train(mode=False)
        try:
            with torch.no_grad():
                metrics = {"perplexity": self._perplexity(model)}
                answers = translate(model, self._words, [pair.source for pair in self._asked], self._batch_tokens)
        finally:
            model.train(was_training)
        if answers:
            references = [[pair.target for pair in self._asked]]
            metrics["bleu"] = BLEU().corpus_score(answers, references).score
            metrics["chrf"] = CHRF().corpus_score(answers, references).score
        told = zip(self._asked[: self._samples], answers, strict=False)
        return Judgement(metrics, [(pair.source, pair.target, answer) for pair, answer in told])

    def _perplexity(self, model: PreTrainedModel) -> float:
        loss = count = 0.0
        for batch in self._batches:
            one, tokens = _loss(model, batch, self._words)
            loss, count = loss + one, count + tokens
        return math.exp(min(loss / count, 100.0)) if count else math.nan


def translate(model: PreTrainedModel, words: Words, texts: Sequence[str], batch_tokens: int) -> list[str]:
    """Return greedy translations, in the order of the texts."""
    encoded = words.encode_all(list(texts))
    most = positions(model) - 1
    answers = [""] * len(encoded)
    order = sorted(range(len(encoded)), key=lambda index: len(encoded[index]))
    for chosen in _grouped(order, encoded, batch_tokens):
        rows = [encoded[index][:most] for index in chosen]
        for index, answer in zip(chosen, _decoded(model, words, rows, most), strict=True):
            answers[index] = answer
    return answers


def _grouped(order: Sequence[int], encoded: Sequence[Sequence[int]], batch_tokens: int) -> list[list[int]]:
    groups: list[list[int]] = []
    for index in order:
        if groups and (len(groups[-1]) + 1) * len(encoded[index]) <= batch_tokens:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _decoded(model: PreTrainedModel, words: Words, rows: list[list[int]], most: int) -> list[str]:
    width = max(map(len, rows))
    ids = torch.tensor([row + [words.pad] * (width - len(row)) for row in rows], device=model.device)
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=model.device)
    output = model.generate(  # type: ignore[operator]
        input_ids=ids, attention_mask=mask, max_length=min(most, _LONGER * width + _SLACK), num_beams=1, do_sample=False
    )
    return [words.decode(row) for row in output.tolist()]


def _loss(model: PreTrainedModel, batch: Batch, words: Words) -> tuple[float, int]:
    tensors = collate(batch, pad=words.pad, start=int(model.config.decoder_start_token_id))
    tensors = {name: tensor.to(model.device) for name, tensor in tensors.items()}
    labels = tensors.pop("labels")
    logits = model(**tensors).logits.float()
    loss = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum")
    return float(loss), int((labels != IGNORED).sum())
