"""`manifest.json`: what a checkpoint is, which languages it speaks, and the SHA-256 of every file; touches disk."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from model_pool.errors import ManifestInvalid
from model_pool.types import Digest

MANIFEST_NAME = "manifest.json"
WEIGHTS_NAME = "model.bin"
CONFIG_NAME = "config.json"


class Family(StrEnum):
    """Architectures that differ in how languages and special tokens are written."""

    MARIAN = "marian"
    NLLB = "nllb"
    M2M100 = "m2m100"
    MBART50 = "mbart50"
    T5 = "t5"


def _plain_name(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or name != str(path):
        raise ValueError(f"{name!r} is not a plain path inside the checkpoint")
    return name


FileName = Annotated[str, AfterValidator(_plain_name)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileRecord(_Record):
    """Size and content of one file."""

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class TokenizerFiles(_Record):
    """Files of the tokenizer; `source` and `target` are the same where the family shares one."""

    kind: Literal["sentencepiece", "tokenizers"]
    source: FileName
    target: FileName


class Lineage(_Record):
    """Where a checkpoint came from: digests of its parents and how it was made from them."""

    parents: tuple[str, ...] = ()
    recipe: dict[str, Any] = {}
    versions: dict[str, str] = {}


class Manifest(_Record):
    """One checkpoint's description.

    sources, targets: BCP 47 code -> the family's language token ("" where it uses none).
    quantization: the compute type that the weights are stored in.
    vocabulary_map: whether the engine may restrict the target vocabulary by source tokens.
    max_source_tokens: positions that the encoder has, special tokens included; None where unlimited.
    max_target_tokens: steps that the decoder can take, target prefix included; None where unlimited.
    """

    manifest_version: Literal[1] = 1
    name: str
    description: str = ""
    family: Family
    format: Literal["ctranslate2"] = "ctranslate2"
    tokenizer: TokenizerFiles
    sources: dict[str, str] = Field(min_length=1)
    targets: dict[str, str] = Field(min_length=1)
    quantization: str
    vocabulary_map: bool = False
    max_source_tokens: int | None = Field(default=None, ge=2)
    max_target_tokens: int | None = Field(default=None, ge=2)
    origin: str = ""
    license: str = ""
    lineage: Lineage = Lineage()
    files: dict[FileName, FileRecord] = Field(min_length=1)

    @model_validator(mode="after")
    def _lists_what_it_needs(self) -> Self:
        missing = {WEIGHTS_NAME, CONFIG_NAME, self.tokenizer.source, self.tokenizer.target} - set(self.files)
        if missing:
            raise ValueError(f"files lacks {', '.join(sorted(missing))}")
        return self

    def translates(self, source: str, target: str) -> bool:
        """Say whether the checkpoint serves this pair of BCP 47 codes."""
        return source != target and source in self.sources and target in self.targets

    def digest(self) -> Digest:
        """Return the content identity: file contents and whatever changes the output, never names or prose."""
        content = {
            "family": self.family.value,
            "format": self.format,
            "tokenizer": self.tokenizer.model_dump(),
            "sources": self.sources,
            "targets": self.targets,
            "vocabulary_map": self.vocabulary_map,
            "max_source_tokens": self.max_source_tokens,
            "max_target_tokens": self.max_target_tokens,
            "files": {name: record.sha256 for name, record in self.files.items()},
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return Digest(hashlib.sha256(canonical.encode()).hexdigest())


def read_manifest(directory: Path) -> Manifest:
    """Read a checkpoint directory's manifest. Raises ManifestInvalid with the field at fault."""
    path = directory / MANIFEST_NAME
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ManifestInvalid(
            f"{directory} has no {MANIFEST_NAME}. Describe the checkpoint first: babelpool models describe --help"
        ) from None
    except OSError as error:
        raise ManifestInvalid(f"{path} cannot be read: {error.strerror}") from error
    try:
        return Manifest.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ManifestInvalid(f"{path}: {where}: {first['msg']}") from error
