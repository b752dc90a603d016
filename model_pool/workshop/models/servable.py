"""A servable checkpoint, decoded by the engine and the tokenizer that serve it; touches disk and the device."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sentencepiece import SentencePieceProcessor

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.manifest import Manifest
from model_pool.catalog.vocabulary import read_engine_config
from model_pool.engines.ctranslate2 import CTranslate2Engine, CTranslate2Loader
from model_pool.engines.threads import ThreadPlan
from model_pool.tokenization import load_tokenizer
from model_pool.types import DecodeOptions
from model_pool.workshop.errors import ArtifactInvalid
from model_pool.workshop.models.running import Running
from model_pool.workshop.models.translating import Followed, Output


class Servable:
    """Implements `Translator` for CTranslate2 checkpoints."""

    def __init__(self, directory: Path, running: Running) -> None:
        checkpoint = Checkpoint.read(str(directory), directory)
        self._directory, self._manifest = directory, checkpoint.manifest
        self.source, self.target = pair_of(checkpoint.manifest, running.source, running.target)
        self._tokenizer = load_tokenizer(directory, checkpoint.manifest)
        self._adds_end = read_engine_config(directory).add_source_eos
        self._engine = _load(checkpoint, running)
        self._options = DecodeOptions(beam_size=running.beam, use_vocabulary_map=running.use_vocabulary_map)
        self._target_pieces: SentencePieceProcessor | None = None

    @property
    def compute_type(self) -> str:
        """What is really computed in."""
        return self._engine.compute_type

    def translate(self, texts: Sequence[str]) -> list[Output]:
        """See Translator."""
        segments = [self._tokenizer.encode(text, self.source, self.target) for text in texts]
        best = [hypotheses[0] for hypotheses in self._engine.translate(segments, self._options)]
        return [Output(self._tokenizer.decode(one.tokens), len(one.tokens), one.truncated) for one in best]

    def follow(self, sources: Sequence[str], targets: Sequence[str]) -> list[Followed]:
        """See Translator."""
        segments = [self._tokenizer.encode(text, self.source, self.target) for text in sources]
        tokens = self.target_tokens(targets)
        forced = self._engine.force(segments, tokens)
        return [
            Followed(tuple(target), one.log_probs, self._whole(one.attention, len(segment.tokens)))
            for segment, target, one in zip(segments, tokens, forced, strict=True)
        ]

    def _whole(self, attention: Sequence[Sequence[float]], columns: int) -> NDArray[np.float32]:
        """Return rows that end with the source's end token; the runtime leaves it out where it adds it itself."""
        rows = np.array(attention, np.float32).reshape(len(attention), columns)
        if not self._adds_end:
            return rows
        return np.hstack([rows, 1 - rows.sum(axis=1, keepdims=True, dtype=np.float32)])

    def source_pieces(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """Return what the engine reads, without the end."""
        read = (self._tokenizer.encode(text, self.source, self.target).tokens for text in texts)
        return [tokens if self._adds_end else tokens[:-1] for tokens in read]

    def target_tokens(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the pieces of translations, without their end. Raises ArtifactInvalid without SentencePiece."""
        if self._target_pieces is None:
            files = self._manifest.tokenizer
            if files.kind != "sentencepiece":
                raise ArtifactInvalid(f"{self._directory} has no SentencePiece model: targets cannot be read.")
            self._target_pieces = SentencePieceProcessor(model_file=str(self._directory / files.target))
        found: list[list[str]] = self._target_pieces.encode(list(texts), out_type=str)
        return found


def pair_of(manifest: Manifest, source: str, target: str) -> tuple[str, str]:
    """Return the language pair to translate, as far as it is given. Raises ArtifactInvalid."""
    for one in [source] if source else manifest.sources:
        for other in [target] if target else manifest.targets:
            if manifest.translates(one, other):
                return one, other
    raise ArtifactInvalid(f"{manifest.name} does not translate {source or 'anything'} to {target or 'anything'}.")


def _load(checkpoint: Checkpoint, running: Running) -> CTranslate2Engine:
    loader = CTranslate2Loader()
    stored = checkpoint.manifest.quantization
    computed = loader.resolve_compute_type(running.compute_type, stored, running.device)
    threads = ThreadPlan(inter=1, intra=running.threads)
    return loader.load(checkpoint, device=running.device, compute_type=computed, threads=threads)
