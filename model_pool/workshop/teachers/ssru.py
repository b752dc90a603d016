"""Marian's SSRU, a gated running average, in the place of a decoder's self-attention; touches nothing.

f = sigmoid(Wf x + bf);  c = f c' + (1 - f) (W x);  the sublayer adds relu(c)
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import Cache, EncoderDecoderCache


class Ssru(nn.Module):
    """Takes the place of `self_attn` in a decoder layer of transformers, and is called as that is.

    Incremental decoding keeps the state of every step where attention keeps its keys: so beams are reordered and
    positions counted by the same cache, and the last one is the state to go on from.
    """

    def __init__(self, width: int, layer_idx: int) -> None:
        super().__init__()
        self.value = nn.Linear(width, width, bias=False)
        self.forget = nn.Linear(width, width)
        self.layer_idx = layer_idx

    def forward(
        self,
        hidden_states: Tensor,
        past_key_values: Cache | None = None,
        attention_mask: Tensor | None = None,  # noqa: ARG002 - each step sees what is before it, and nothing else
        **_: object,
    ) -> tuple[Tensor, None]:
        """Return what the sublayer adds, (batch, steps, width), and no attention weights."""
        forget = torch.sigmoid(self.forget(hidden_states)).float()
        added = (1 - forget) * self.value(hidden_states).float()
        state = self._past(past_key_values, added)
        states = []
        for step in range(added.shape[1]):
            state = forget[:, step] * state + added[:, step]
            states.append(state)
        kept = torch.stack(states, 1)
        if past_key_values is not None:
            _own(past_key_values).update(kept[:, None], kept[:, None, :, :0], self.layer_idx)
        return torch.relu(kept).to(hidden_states.dtype), None

    def _past(self, cache: Cache | None, like: Tensor) -> Tensor:
        if cache is None or not _own(cache).get_seq_length(self.layer_idx):
            return torch.zeros_like(like[:, 0])
        kept = cast("Tensor", cast("Any", _own(cache).layers[self.layer_idx]).keys)
        return kept[:, 0, -1]


def _own(cache: Cache) -> Cache:
    return cache.self_attention_cache if isinstance(cache, EncoderDecoderCache) else cache
