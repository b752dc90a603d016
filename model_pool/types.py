"""Frozen values that every floor of the pool speaks in; imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

Digest = NewType("Digest", str)
"""Content identity of a checkpoint: 64 hexadecimal characters (SHA-256)."""


Range = tuple[int, int]
"""Half-open [start, end) in code points."""

Link = tuple[Range, Range]
"""(where in the translation, where in the text that was translated) of one target token."""


@dataclass(frozen=True, slots=True)
class ReplicaKey:
    """What makes two loads the same load. Per-request options are never part of it."""

    digest: Digest
    engine: str
    device: str
    compute_type: str

    def __str__(self) -> str:
        return f"{self.digest[:12]}/{self.engine}/{self.device}/{self.compute_type}"


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """How to decode; segments share a batch only where these are equal.

    beam_size: 1 is greedy search.
    length_penalty: exponent on the hypothesis length in the beam score; 1 gives the mean log probability per token.
    num_hypotheses: n-best size, at most `beam_size`.
    repetition_penalty: above 1 makes tokens that are already there less likely.
    no_repeat_ngram_size: 0 is off.
    use_vocabulary_map: restrict the target vocabulary by the source tokens, where the checkpoint has a map.
    return_attention: one row per target token over the source tokens, for alignment.

    The output length is no option: an engine allows each batch a multiple of its longest source (see
    `model_pool.engines.base.output_limit`), so tiers that differ only in `max_length` still share batches.
    """

    beam_size: int = 1
    length_penalty: float = 1.0
    num_hypotheses: int = 1
    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0
    use_vocabulary_map: bool = True
    return_attention: bool = False

    def __post_init__(self) -> None:
        if self.beam_size < 1 or not 1 <= self.num_hypotheses <= self.beam_size:
            raise ValueError("beam_size must be at least 1, and num_hypotheses between 1 and beam_size")


@dataclass(frozen=True, slots=True)
class EncodedSegment:
    """One segment as the engine takes it: source tokens with every special token, and the forced target prefix."""

    tokens: tuple[str, ...]
    target_prefix: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One decoded answer.

    tokens: target tokens without prefix and end token.
    score: mean log probability per token (natural logarithm, at most 0).
    truncated: the decoder ran into its output limit before its end token.
    attention: (target tokens, source tokens) weights, or None where not asked for.
    """

    tokens: tuple[str, ...]
    score: float
    truncated: bool = False
    attention: tuple[tuple[float, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class Forced:
    """How a model reads a translation that it is given.

    log_probs: natural logarithms, of each target token and of its end.
    attention: (target tokens, source tokens) weights, the end of the target left out.
    """

    log_probs: tuple[float, ...]
    attention: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Translation:
    """The best hypothesis of one segment as text.

    source_tokens, target_tokens: what the engine read and wrote, special tokens included.
    cached: it was made for an earlier request.
    links: where the target tokens came from, in order, as far as they are of the text; empty unless
    `DecodeOptions.return_attention` was asked for.
    others: the other hypotheses, best first, where `DecodeOptions.num_hypotheses` asked for some.
    """

    text: str
    score: float
    source_tokens: int
    target_tokens: int
    truncated: bool = False
    cached: bool = False
    links: tuple[Link, ...] = ()
    others: tuple[Translation, ...] = ()
