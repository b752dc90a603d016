"""Converted checkpoints of every family, once per session."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import ctranslate2
import pytest

from model_pool.catalog.convert import Quantization, convert
from model_pool.catalog.describe import Said
from model_pool.catalog.manifest import Manifest
from model_pool.catalog.repository import Repository
from model_pool.catalog.vocabulary import read_vocabularies
from model_pool.tokenization import load_tokenizer
from model_pool.tokenization.base import Tokenizer
from tests.fakes.checkpoints import CASES, Case, Original


@dataclass
class Converted:
    """A fake repository, the checkpoint that our code made of it, and both readings."""

    case: Case
    repository: Path
    checkpoint: Path
    manifest: Manifest

    @cached_property
    def original(self) -> Original:
        return Original(self.repository, self.manifest)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return load_tokenizer(self.checkpoint, self.manifest)

    @cached_property
    def vocabulary(self) -> list[str]:
        return read_vocabularies(self.checkpoint)[0]

    @cached_property
    def translator(self) -> ctranslate2.Translator:
        return ctranslate2.Translator(str(self.checkpoint), inter_threads=1, intra_threads=1)

    def ids(self, tokens: tuple[str, ...]) -> list[int]:
        """Return ids as the engine finds them: unknown tokens are the unknown token."""
        known = {token: index for index, token in enumerate(self.vocabulary)}
        return [known.get(token, known["<unk>"]) for token in tokens]


@pytest.fixture(scope="session", params=CASES, ids=lambda case: case.name)
def converted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Converted:
    case: Case = request.param
    root = tmp_path_factory.mktemp(case.name)
    # The name is how a Marian repository of old tells its languages.
    repository = Repository(case.build(root / "hub"), "Helsinki-NLP/opus-mt-en-pt")
    checkpoint = root / "checkpoint"
    checkpoint.mkdir()
    manifest = convert(repository, checkpoint, Quantization.FLOAT32, Said(name=case.name), load_tokenizer)
    return Converted(case, repository.path, checkpoint, manifest)
