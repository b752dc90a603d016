"""What a downloaded hub repository says about itself: family and languages; reads its JSON files, no library."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model_pool.catalog.languages import canonical, is_group
from model_pool.catalog.manifest import Family
from model_pool.errors import ConversionFailed

_OPUS_NAME = re.compile(r"opus-mt(?:-tc)?(?:-(?:big|base|bible-big))?-(?P<source>[A-Za-z_]+)-(?P<target>[A-Za-z_]+)")
_TASK = re.compile(r"translation_(?P<source>[a-z]+)_to_(?P<target>[a-z]+)")
_TASK_PREFIX = re.compile(r"translate (?P<source>\w+) to (?P<target>\w+): ")

Declared = tuple[Sequence[str] | None, Sequence[str] | None]
"""Source and target languages as `languages_spoken` takes them."""


class Repository:
    """A directory as the hub has it."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self._config = self._json("config.json")
        self._tokenizer_config = self._json("tokenizer_config.json", optional=True)

    def family(self) -> Family:
        """Tell the family from the configuration. Raises ConversionFailed for those that are not served."""
        model_type = self._config.get("model_type", "")
        tokenizer = str(self._tokenizer_config.get("tokenizer_class") or self._config.get("tokenizer_class") or "")
        match model_type:
            case "marian":
                return Family.MARIAN
            case "m2m_100":
                return Family.NLLB if tokenizer.startswith("Nllb") else Family.M2M100
            case "mbart" if tokenizer.startswith("MBart50"):
                return Family.MBART50
            case "t5" | "mt5" | "umt5":
                return Family.T5
        raise ConversionFailed(
            f"{self.name} is of the kind {model_type or 'unknown'!r} with tokenizer {tokenizer or 'unknown'!r}. "
            "Marian, NLLB, M2M-100, mBART-50 and T5 checkpoints can be served; pull one of those."
        )

    def declared_languages(self, family: Family) -> Declared:
        """Return what configuration or name say about languages; None where the vocabulary must tell."""
        if family is Family.MARIAN:
            return self._marian_languages()
        return self._t5_languages() if family is Family.T5 else (None, None)

    def has_separate_vocabularies(self) -> bool:
        """Say whether source and target have a vocabulary each, which CTranslate2's converter does not read."""
        return bool(self._tokenizer_config.get("separate_vocabs"))

    def _marian_languages(self) -> Declared:
        named = _OPUS_NAME.search(self.name)
        source = self._tokenizer_config.get("source_lang") or (named and named["source"])
        target = self._tokenizer_config.get("target_lang") or (named and named["target"])
        return _one(source), _one(target)

    def _t5_languages(self) -> Declared:
        sources: dict[str, None] = {}
        targets: dict[str, None] = {}
        for name, parameters in (self._config.get("task_specific_params") or {}).items():
            task, prefix = _TASK.fullmatch(name), _TASK_PREFIX.fullmatch(parameters.get("prefix", ""))
            if task and prefix:
                sources[f"{task['source']}={prefix['source']}"] = None
                targets[f"{task['target']}={prefix['target']}"] = None
        return (tuple(sources), tuple(targets)) if sources else (None, None)

    def _json(self, name: str, *, optional: bool = False) -> dict[str, Any]:
        path = self.path / name
        if optional and not path.is_file():
            return {}
        try:
            content = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ConversionFailed(f"{self.name}: {name} cannot be read: {error}") from error
        if not isinstance(content, dict):
            raise ConversionFailed(f"{self.name}: {name} is not a JSON object.")
        return content


def _one(code: object) -> tuple[str, ...] | None:
    """Return the code if it is one language; "ROMANCE" and "gmw" are groups, which the vocabulary has to spell out."""
    if not isinstance(code, str) or canonical(code) is None or is_group(code):
        return None
    return (code,)
