"""Write the manifest of an existing CTranslate2 directory, from what its files say; touches disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from model_pool.catalog.files import record_file
from model_pool.catalog.manifest import CONFIG_NAME, WEIGHTS_NAME, Family, Lineage, Manifest, TokenizerFiles
from model_pool.catalog.speaks import guess_family, languages_spoken
from model_pool.catalog.vocabulary import (
    VOCABULARY_MAP_NAME,
    read_engine_config,
    read_vocabularies,
    vocabulary_names,
)
from model_pool.catalog.weights import read_weights
from model_pool.errors import CheckpointUnreadable

SOURCE, TARGET = "source.spm", "target.spm"
SHARED = ("sentencepiece.bpe.model", "sentencepiece.model", "spiece.model")
FAST = "tokenizer.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the caller says about a checkpoint because its files cannot.

    family: None to recognise it by the vocabulary.
    sources, targets: see `languages_spoken`.
    """

    name: str
    family: Family | None = None
    sources: Sequence[str] | None = None
    targets: Sequence[str] | None = None
    description: str = ""
    origin: str = ""
    license: str = ""
    lineage: Lineage = field(default_factory=Lineage)


def describe(directory: Path, said: Said) -> Manifest:
    """Work out the manifest of a checkpoint directory; writes nothing.

    Raises CheckpointUnreadable where a file is missing or odd, LanguageUnsupported where a language cannot be known.
    """
    read_engine_config(directory)
    weights = read_weights(directory / WEIGHTS_NAME)
    _, vocabulary = read_vocabularies(directory)
    family = said.family or _family(directory, vocabulary)
    sources, targets = languages_spoken(family, vocabulary, said.sources, said.targets)
    tokenizer = _tokenizer_files(directory)
    return Manifest(
        name=said.name,
        description=said.description,
        family=family,
        tokenizer=tokenizer,
        sources=sources,
        targets=targets,
        quantization=weights.quantization,
        vocabulary_map=(directory / VOCABULARY_MAP_NAME).is_file(),
        max_source_tokens=weights.source_positions,
        max_target_tokens=weights.target_positions,
        origin=said.origin,
        license=said.license,
        lineage=said.lineage,
        files={name: record_file(directory / name) for name in _file_names(directory, tokenizer)},
    )


def _family(directory: Path, vocabulary: Sequence[str]) -> Family:
    family = guess_family(vocabulary)
    if family is not None:
        return family
    if (directory / SOURCE).is_file():
        return Family.MARIAN
    raise CheckpointUnreadable(
        f"{directory}: the family cannot be told from the files. Say it: --family {'|'.join(Family)}."
    )


def _tokenizer_files(directory: Path) -> TokenizerFiles:
    if (directory / SOURCE).is_file():
        return TokenizerFiles(kind="sentencepiece", source=SOURCE, target=_target(directory))
    for name in SHARED:
        if (directory / name).is_file():
            return TokenizerFiles(kind="sentencepiece", source=name, target=name)
    if (directory / FAST).is_file():
        return TokenizerFiles(kind="tokenizers", source=FAST, target=FAST)
    raise CheckpointUnreadable(
        f"{directory} has no tokenizer. Put {SOURCE} (and {TARGET} if it differs) there, "
        f"or one of {', '.join(SHARED)}, or {FAST}."
    )


def _target(directory: Path) -> str:
    """Return the target's SentencePiece model: the source's where there is no other, as one copy is enough."""
    target = directory / TARGET
    differs = target.is_file() and record_file(target) != record_file(directory / SOURCE)
    return TARGET if differs else SOURCE


def _file_names(directory: Path, tokenizer: TokenizerFiles) -> list[str]:
    """Return every file that changes what the checkpoint says, sorted."""
    names = {CONFIG_NAME, WEIGHTS_NAME, tokenizer.source, tokenizer.target, *vocabulary_names(directory)}
    if (directory / VOCABULARY_MAP_NAME).is_file():
        names.add(VOCABULARY_MAP_NAME)
    return sorted(names)
