"""What a benchmark on a GPU needs to know: whether there is one, and how the server batches there."""

from __future__ import annotations

import ctranslate2

from benchmarks.raw import Setting
from model_pool.engines.ctranslate2 import CTranslate2Loader

_TOKENS_AN_ITEM = 64


def require(device: str, compute_type: str) -> None:
    """Raise RuntimeError, or ComputeTypeUnsupported, with one sentence where this cannot be measured here."""
    if device != "cpu" and not ctranslate2.get_cuda_device_count():
        raise RuntimeError("there is no CUDA device here, so there is nothing to measure")
    CTranslate2Loader().resolve_compute_type(compute_type, "int8", device)


def batching(fastest: Setting) -> dict[str, str]:
    """Return the server's settings for batches as large as those that raw CTranslate2 was fastest with."""
    if fastest.batch_type == "tokens":
        items, tokens = fastest.batch_size // 8, fastest.batch_size
    else:
        items, tokens = fastest.batch_size, fastest.batch_size * _TOKENS_AN_ITEM
    return {"batching.max_items": str(items), "batching.max_tokens": str(tokens), "batching.window": str(4 * items)}
