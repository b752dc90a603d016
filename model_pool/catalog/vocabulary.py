"""CTranslate2's own side files: `config.json` and the vocabularies; touches disk."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from model_pool.catalog.manifest import CONFIG_NAME
from model_pool.errors import CheckpointUnreadable

VOCABULARY_MAP_NAME = "vmap.txt"
_TOKENS = TypeAdapter(list[str])


class EngineConfig(BaseModel):
    """What CTranslate2 does to the tokens that it is given: `add_source_*` means that it adds that token itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    add_source_bos: bool = False
    add_source_eos: bool = False
    bos_token: str | None = None
    eos_token: str = "</s>"  # noqa: S105
    unk_token: str = "<unk>"  # noqa: S105
    decoder_start_token: str | None = None


def read_engine_config(directory: Path) -> EngineConfig:
    """Read `config.json` of a checkpoint. Raises CheckpointUnreadable."""
    path = directory / CONFIG_NAME
    try:
        return EngineConfig.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise CheckpointUnreadable(f"{path} cannot be read: {error}. Convert the checkpoint again.") from error


def vocabulary_names(directory: Path) -> tuple[str, str]:
    """Return the file names of source and target vocabulary; one name twice where they are shared."""
    for suffix in (".json", ".txt"):
        shared = f"shared_vocabulary{suffix}"
        if (directory / shared).is_file():
            return shared, shared
        pair = (f"source_vocabulary{suffix}", f"target_vocabulary{suffix}")
        if all((directory / name).is_file() for name in pair):
            return pair
    raise CheckpointUnreadable(f"{directory} has no shared_vocabulary.json, nor source and target vocabularies.")


def read_vocabularies(directory: Path) -> tuple[list[str], list[str]]:
    """Return source and target tokens in the order of their ids."""
    source, target = vocabulary_names(directory)
    tokens = _read(directory / source)
    return tokens, tokens if source == target else _read(directory / target)


def _read(path: Path) -> list[str]:
    try:
        content = path.read_bytes()
        return (
            _TOKENS.validate_json(content)
            if path.suffix == ".json"
            else content.decode().removesuffix("\n").split("\n")
        )
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise CheckpointUnreadable(f"{path} is not a vocabulary: {error}. Convert the checkpoint again.") from error
