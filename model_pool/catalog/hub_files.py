"""Which files of a hub repository a conversion needs, and which it refuses; pure.

Names are taken from fixed lists and patterns, so nothing that a repository calls its files can lead out of a directory.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from model_pool.errors import ConversionFailed, UnsafeCheckpoint

_TEXT = frozenset(
    {
        "config.json",
        "generation_config.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "tokenizer.json",
        "vocab.json",
        "target_vocab.json",
        "source.spm",
        "target.spm",
        "spiece.model",
        "sentencepiece.model",
        "sentencepiece.bpe.model",
    }
)
_SAFE = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors|model\.safetensors\.index\.json")
_PICKLED = re.compile(r"pytorch_model(-\d{5}-of-\d{5})?\.bin|pytorch_model\.bin\.index\.json")


def needed_files(hub_id: str, names: Collection[str], *, allow_pickle: bool) -> list[str]:
    """Return what to download, small files first.

    Raises UnsafeCheckpoint where only pickled weights are on offer and they are not allowed, ConversionFailed where
    there are no weights at all.
    """
    text = sorted(_TEXT.intersection(names))
    if safe := sorted(name for name in names if _SAFE.fullmatch(name)):
        return text + safe
    pickled = sorted(name for name in names if _PICKLED.fullmatch(name))
    if not pickled:
        raise ConversionFailed(f"{hub_id} has no PyTorch or safetensors weights. Pull the original checkpoint instead.")
    if not allow_pickle:
        raise UnsafeCheckpoint(
            f"{hub_id} has only pickled weights ({pickled[0]}), which can carry code. Look for a revision with "
            "safetensors (often @refs/pr/...), or accept the risk with --allow-pickle; only tensors are read then."
        )
    return text + pickled
