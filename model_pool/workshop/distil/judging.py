"""How near a student is to its teacher, and to held-out pairs; touches nothing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from sacrebleu import CHRF

from model_pool.workshop.data.batches import Encoders, cut, encode_pairs
from model_pool.workshop.data.pairs import Pair
from model_pool.workshop.distil.losses import cross_entropy
from model_pool.workshop.distil.teaching import Teaching
from model_pool.workshop.errors import DataInvalid
from model_pool.workshop.models.trainable import Trainable
from model_pool.workshop.teachers.padded import pad_batch
from model_pool.workshop.teachers.parts import Parts
from model_pool.workshop.teachers.teacher import translate

_TOKENS = 1_000
"""Of a batch: the scores of all pieces are computed, which takes much memory."""


class Judge:
    """Measures on the same pairs each time, in float32."""

    def __init__(self, pairs: Sequence[Pair], student: Trainable, teaching: Teaching | None, *, longest: int) -> None:
        words = student.words
        examples = encode_pairs(pairs, Encoders(words.encode_all, words.encode_targets))
        self._batches = cut([one for one in examples if one.length <= longest], _TOKENS)
        if not self._batches:
            raise DataInvalid(f"None of the {len(pairs)} valid pairs has {longest} tokens or fewer.")
        self._student = student
        self._references = [[words.decode(one.target) for one in batch] for batch in self._batches]
        self._best = [teaching.best(batch) for batch in self._batches] if teaching else []

    def judge(self) -> dict[str, float]:
        """Return cross_entropy and chrf against the targets, and agreement with the teacher's choices."""
        was_training = self._student.model.training
        self._student.model.train(mode=False)
        try:
            return {**self._given_targets(), "chrf": self._translating()}
        finally:
            self._student.model.train(was_training)

    @torch.no_grad()
    def _given_targets(self) -> dict[str, float]:
        parts, words = Parts(self._student.model), self._student.words
        loss = agreed = tokens = 0.0
        for number, batch in enumerate(self._batches):
            padded = pad_batch(batch, words.pad, self._student.model.device)
            where = padded.target_mask
            scores = parts.project(parts.decode(padded, parts.encode(padded)).last)
            loss += float(cross_entropy(scores[where], padded.target[where])) * padded.tokens
            tokens += padded.tokens
            if self._best:
                agreed += float((scores.argmax(-1) == self._best[number])[where].sum())
        found = {"cross_entropy": loss / tokens}
        return found | ({"agreement": agreed / tokens} if self._best else {})

    def _translating(self) -> float:
        decode = self._student.words.decode
        found, expected = [], []
        for batch, references in zip(self._batches, self._references, strict=True):
            found += [decode(ids) for ids in translate(self._student, [one.source for one in batch])]
            expected += references
        return float(CHRF().corpus_score(found, [expected]).score)
