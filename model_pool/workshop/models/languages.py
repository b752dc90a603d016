"""The languages of a checkpoint or a tokenizer, in the configuration of MarianTokenizer; touches disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from model_pool.workshop.models.words import END, PAD, UNKNOWN

TOKENIZER_CONFIG = "tokenizer_config.json"


@dataclass(frozen=True, slots=True)
class Languages:
    """What a checkpoint translates: BCP 47 codes. Several targets need their tags in the vocabulary."""

    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


def read_languages(directory: Path) -> Languages:
    """Return the languages of a checkpoint or a tokenizer; none where they are not said."""
    path = directory / TOKENIZER_CONFIG
    if not path.is_file():
        return Languages()
    said = json.loads(path.read_text(encoding="utf-8"))
    return Languages(_codes(said.get("source_lang")), _codes(said.get("target_lang")))


def write_languages(directory: Path, languages: Languages, longest: int) -> None:
    """Write the configuration of MarianTokenizer, which holds the languages. longest: tokens of one sentence."""
    content = {
        "tokenizer_class": "MarianTokenizer",
        "source_lang": "+".join(languages.sources) or None,
        "target_lang": "+".join(languages.targets) or None,
        "model_max_length": longest,
        "eos_token": END,
        "unk_token": UNKNOWN,
        "pad_token": PAD,
    }
    (directory / TOKENIZER_CONFIG).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _codes(said: object) -> tuple[str, ...]:
    return tuple(said.split("+")) if isinstance(said, str) and said else ()
