"""What is translated while tuning: sentences of the package, or text made of a checkpoint's own pieces; reads files."""

from __future__ import annotations

import random
from pathlib import Path

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.vocabulary import read_vocabularies
from model_pool.tokenization.controls import Controls

PHRASES = Path(__file__).with_name("phrases")
COUNT = 600
_OPTIONAL = "?"
_SEED = 22
_WORD_START = "▁"
_FREQUENT = 8000
_PIECES = (6, 45)


def languages() -> list[str]:
    """Return the languages that the package has sentences in."""
    return sorted(path.stem for path in PHRASES.glob("*.txt"))


def sentences(language: str, count: int = COUNT) -> list[str]:
    """Return distinct sentences of 6 to 45 words, the same ones on every machine.

    One phrase of each block of the file makes a sentence; a block whose phrases start with "?" is in half of them.
    """
    blocks = [block.splitlines() for block in (PHRASES / f"{language}.txt").read_text("utf-8").strip().split("\n\n")]
    draw = random.Random(_SEED)  # noqa: S311 - a supply of text, no secret
    found: dict[str, None] = {}
    while len(found) < count:
        found[_sentence(draw, blocks)] = None
    return list(found)


def made_of_pieces(checkpoint: Checkpoint, count: int = COUNT) -> list[str]:
    """Return texts of 6 to 45 frequent pieces of the checkpoint's source vocabulary: the right lengths, no meaning."""
    controls = Controls(checkpoint.manifest, ())
    vocabulary, _ = read_vocabularies(checkpoint.path)
    pieces = [token for token in vocabulary if token not in controls and token.strip(_WORD_START)][:_FREQUENT]
    draw = random.Random(_SEED)  # noqa: S311 - a supply of text, no secret
    lengths = [draw.randint(*_PIECES) for _ in range(count)]
    return ["".join(draw.choices(pieces, k=length)).replace(_WORD_START, " ").strip() for length in lengths]


def _sentence(draw: random.Random, blocks: list[list[str]]) -> str:
    parts = [_phrase(draw, block) for block in blocks]
    text = " ".join(part for part in parts if part).replace(" ,", ",").rstrip(",")
    return f"{text[0].upper()}{text[1:]}."


def _phrase(draw: random.Random, block: list[str]) -> str:
    phrase = draw.choice(block)
    if not phrase.startswith(_OPTIONAL):
        return phrase
    return phrase.removeprefix(_OPTIONAL) if draw.random() < 0.5 else ""
