"""How large a batch may grow on a card, by the memory that is free once the weights are on it; pure.

A batch takes, for each padded source token and each hypothesis of its beam: the keys and values of attention, the
encoder's activations, and a share of the scores over the vocabulary. From the shapes of Marian and NLLB models with 18
MB to 3.3 GB of weights, that is less than 64 KiB and a two-thousandth of the weights. It is arithmetic and was not
measured; where it is wrong, the batcher halves the batch that does not fit.
"""

from __future__ import annotations

from dataclasses import replace

from model_pool.batching.forming import BatchLimits

LEAST_TOKENS, MOST_TOKENS = 512, 16_384
"""Below the least a card idles, and above the most it is busy whatever comes with it."""

LEAST_ITEMS = 8
_TOKENS_AN_ITEM = 16
_TOKEN_BYTES = 64 * 2**10
_WEIGHTS_A_TOKEN = 2000
_BEAM = 4
_SHARE = 0.5


def limits_from_vram(
    limits: BatchLimits, *, free: int, promised: int, weights_bytes: int, parallelism: int = 1
) -> BatchLimits:
    """Return `limits` with the segments and tokens of a batch that a card has room for.

    free: bytes that no process uses, after the load. promised: bytes of the budget that replicas to come may take.
    parallelism: batches that the engine computes at the same time; they share the room. Half of what is left is used:
    other replicas on the card compute as well, and allocators round up. Without a measure of `free` (0) or without
    room the batch is the smallest.
    """
    room = max(0, free - promised) * _SHARE / max(1, parallelism)
    per_token = _BEAM * (_TOKEN_BYTES + weights_bytes / _WEIGHTS_A_TOKEN)
    tokens = min(MOST_TOKENS, max(LEAST_TOKENS, int(room / per_token)))
    return replace(limits, max_tokens=tokens, max_items=max(LEAST_ITEMS, tokens // _TOKENS_AN_ITEM))
