"""Which part of a corpus a sentence belongs to: by a hash of the sentence, so every corpus agrees on it; pure.

Near-duplicates have one key, and so are on one side: case, punctuation at the ends, white space, a tag before them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Literal

_TAG = re.compile(r"^\s*>>[^<>\s]+<<\s*")

Split = Literal["train", "valid", "test"]


def sentence_key(text: str) -> str:
    """Return what a sentence and its near-duplicates have in common."""
    folded = unicodedata.normalize("NFKC", _TAG.sub("", text)).casefold()
    words = " ".join(folded.split())
    start, end = 0, len(words)
    while start < end and not words[start].isalnum():
        start += 1
    while end > start and not words[end - 1].isalnum():
        end -= 1
    return words[start:end] or words


def split_of(key: str, *, valid: float, test: float) -> Split:
    """Return the part of a sentence. valid, test: their shares of all sentences."""
    place = fraction(key, "split")
    if place < test:
        return "test"
    return "valid" if place < test + valid else "train"


def fraction(text: str, salt: str) -> float:
    """Return a number in [0, 1) that follows from the text alone: the same on every machine."""
    return identity(f"{salt}\0{text}") / 2**64


def identity(text: str) -> int:
    """Return 64 bits that stand for the text, for remembering millions."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
