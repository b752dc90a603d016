"""A sequence-to-sequence model taken apart: what distillation reads inside of teacher and student; touches nothing.

Models of the BART family are read (Marian, BART, mBART, M2M-100, NLLB, Pegasus ...) and Marian's teachers with SSRUs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn
from transformers import PreTrainedModel

from model_pool.workshop.errors import ArtifactInvalid
from model_pool.workshop.teachers.padded import Padded


@dataclass(frozen=True, slots=True)
class States:
    """What a decoder computes when it is given the target (teacher-forced).

    last: (batch, target, width), before the output projection. outputs: of submodules of the decoder by name
    ("layers.0.final_layer_norm"), of the same shape. inputs: what submodules are given. alignment: (batch, target,
    source), or None.
    """

    last: Tensor
    outputs: Mapping[str, Tensor] = field(default_factory=dict)
    inputs: Mapping[str, Tensor] = field(default_factory=dict)
    alignment: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which states beside the last are wanted; names as in States."""

    outputs: Sequence[str] = ()
    inputs: Sequence[str] = ()
    alignment: bool = False


class Parts:
    """Encoder, decoder and output projection of a model. Gradients flow as torch's mode says."""

    def __init__(self, model: PreTrainedModel) -> None:
        inner = getattr(model, "model", None)
        self.layers = cast("nn.ModuleList", getattr(getattr(inner, "decoder", None), "layers", None))
        if self.layers is None or not all(hasattr(layer, "encoder_attn") for layer in self.layers):
            raise ArtifactInvalid(
                f"{type(model).__name__} is not built like Marian or BART, and only such models are taught or teach "
                "layer by layer. Translate with it (the step teach) and train on that instead."
            )
        self.model = model
        self.encoder, self.decoder = cast("Any", inner).encoder, cast("Any", inner).decoder
        self.start = int(cast("int", model.config.decoder_start_token_id))

    @property
    def width(self) -> int:
        """Of the decoder's states."""
        return int(self.output_weight.shape[1])

    @property
    def output_weight(self) -> Tensor:
        """Of the output projection, (pieces, width)."""
        weight: Tensor = cast("Any", self.model).get_output_embeddings().weight
        return weight

    @property
    def output_bias(self) -> Tensor | None:
        """Of the output projection, (pieces,), or None."""
        bias = getattr(self.model, "final_logits_bias", None)
        return None if bias is None else bias[0]

    def encode(self, batch: Padded) -> Tensor:
        """Return the encoder's states, (batch, source, width)."""
        states: Tensor = self.encoder(input_ids=batch.source, attention_mask=batch.source_mask).last_hidden_state
        return states

    def decode(self, batch: Padded, encoded: Tensor, wanted: Wanted = Wanted()) -> States:
        """Return the decoder's states at each token of the targets, given the ones before it."""
        outputs: dict[str, Tensor] = {}
        inputs: dict[str, Tensor] = {}
        asked = cast("nn.Module", self.layers[-1].encoder_attn)
        asking: dict[str, Tensor] = {}
        with ExitStack() as stack:
            for name in wanted.outputs:
                stack.enter_context(_output_kept(self.submodule(name), name, outputs))
            for name in wanted.inputs:
                stack.enter_context(_input_kept(self.submodule(name), name, inputs))
            if wanted.alignment:
                stack.enter_context(_input_kept(asked, "query", asking))
            last: Tensor = self.decoder(
                input_ids=self.shifted(batch.target),
                encoder_hidden_states=encoded,
                encoder_attention_mask=batch.source_mask,
                use_cache=False,
            ).last_hidden_state
        alignment = first_head(asked, asking["query"], encoded, batch.source_mask) if wanted.alignment else None
        return States(last, outputs, inputs, alignment)

    def project(self, states: Tensor, pieces: Tensor | None = None) -> Tensor:
        """Return the scores of all pieces, or of these, for states of any leading shape."""
        weight, bias = self.output_weight, self.output_bias
        if pieces is not None:
            weight, bias = weight[pieces], None if bias is None else bias[pieces]
        return F.linear(states, weight, bias)

    def shifted(self, target: Tensor) -> Tensor:
        """Return what the decoder reads to write the target."""
        start = target.new_full((len(target), 1), self.start)
        return torch.cat([start, target[:, :-1]], 1)

    def submodule(self, name: str) -> nn.Module:
        """Return a submodule of the decoder. Raises ArtifactInvalid with what there is."""
        try:
            found: nn.Module = self.decoder.get_submodule(name)
        except AttributeError:
            known = ", ".join(name for name, _ in self.layers[0].named_children())
            raise ArtifactInvalid(
                f"The decoder has no {name!r}; it has layers.0 to layers.{len(self.layers) - 1}, each with: {known}."
            ) from None
        return found


def first_head(attention: nn.Module, states: Tensor, encoded: Tensor, mask: Tensor) -> Tensor:
    """Return the attention of the first head, (batch, target, source): the one that guided alignment trains.

    It is also the one that CTranslate2 returns of the last layer.
    """
    part: Any = attention
    width = int(part.head_dim)
    query = F.linear(states, part.q_proj.weight[:width], part.q_proj.bias[:width])
    key = F.linear(encoded, part.k_proj.weight[:width], part.k_proj.bias[:width])
    scores = (query @ key.transpose(1, 2)).float() * width**-0.5
    weights: Tensor = scores.masked_fill(~mask[:, None], torch.finfo(scores.dtype).min).softmax(-1)
    return weights


@contextmanager
def _output_kept(module: nn.Module, name: str, into: dict[str, Tensor]) -> Iterator[None]:
    def keep(_: nn.Module, __: object, output: Any) -> None:  # noqa: ANN401 - a tensor, or a tuple that begins with it
        into[name] = output[0] if isinstance(output, tuple) else output

    handle = module.register_forward_hook(keep)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def _input_kept(module: nn.Module, name: str, into: dict[str, Tensor]) -> Iterator[None]:
    def keep(_: nn.Module, given: tuple[Any, ...]) -> None:
        into[name] = given[0]

    handle = module.register_forward_pre_hook(keep)
    try:
        yield
    finally:
        handle.remove()
