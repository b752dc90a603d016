"""A trainable checkpoint or a Marian teacher, decoded by transformers itself; imports torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from model_pool.engines.base import output_limit
from model_pool.workshop.models.running import Running
from model_pool.workshop.models.trainable import Trainable, positions
from model_pool.workshop.models.translating import Followed, Output
from model_pool.workshop.teachers.padded import pad_ids


class Torched:
    """Implements `Translator` in float32."""

    compute_type = "float32"

    def __init__(self, trainable: Trainable, running: Running) -> None:
        torch.set_num_threads(running.threads)
        self._trainable = trainable
        model: Any = trainable.model
        self._model = model.to(running.device).eval()
        self._device, self._beam = running.device, running.beam
        self._words = self._trainable.words
        self._pieces = {index: piece for piece, index in self._words.vocabulary.items()}
        self._tag = self._target_tag(running.target)

    @torch.inference_mode()
    def translate(self, texts: Sequence[str]) -> list[Output]:
        """See Translator."""
        sources, mask = self._batch(self._encoded(texts))
        limit = output_limit(sources.shape[1])
        generated: Any = self._model.generate(
            input_ids=sources,
            attention_mask=mask,
            max_new_tokens=min(limit, self._positions - 1),
            max_length=None,
            num_beams=self._beam,
            do_sample=False,
            forced_eos_token_id=None,
            decoder_start_token_id=self._words.decoder_start,
            suppress_tokens=[self._words.pad],
        )
        return [self._output(ids[1:]) for ids in generated.tolist()]

    @torch.inference_mode()
    def follow(self, sources: Sequence[str], targets: Sequence[str]) -> list[Followed]:
        """See Translator."""
        self._model.set_attn_implementation("eager")  # the others give no weights
        read, written = self._encoded(sources), self._words.encode_targets(targets)
        ids, mask = self._batch(read)
        labels, _ = self._batch(written)
        shifted = torch.cat([torch.full_like(labels[:, :1], self._words.decoder_start), labels[:, :-1]], dim=1)
        result = self._model(input_ids=ids, attention_mask=mask, decoder_input_ids=shifted, output_attentions=True)
        result.logits[..., self._words.pad] = -torch.inf  # never said, so it has no share: as it is served
        log_probs = result.logits.log_softmax(-1).gather(-1, labels[..., None])[..., 0].cpu()
        attention = result.cross_attentions[-1][:, 0].cpu()
        return [
            Followed(
                tuple(self._pieces[index] for index in target[:-1]),
                tuple(log_probs[row, : len(target)].tolist()),
                attention[row, : len(target) - 1, : len(source)].numpy(),
            )
            for row, (source, target) in enumerate(zip(read, written, strict=True))
        ]

    @property
    def _positions(self) -> int:
        return positions(self._model)

    def _target_tag(self, target: str) -> str:
        """Return what goes before a source: the target's tag, where the vocabulary has tags."""
        wanted = target or next(iter(self._trainable.languages.targets), "")
        tag = f">>{wanted}<<"
        return f"{tag} " if tag in self._words.vocabulary else ""

    def _encoded(self, texts: Sequence[str]) -> list[list[int]]:
        return self._words.encode_all([self._tag + text for text in texts])

    def _batch(self, ids: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        padded, mask = pad_ids(ids, self._words.pad, self._device)
        return padded, mask.long()

    def _output(self, ids: Sequence[int]) -> Output:
        ended = self._words.eos in ids
        kept = ids[: list(ids).index(self._words.eos)] if ended else ids
        return Output(self._words.decode(kept), len(kept), truncated=not ended)
