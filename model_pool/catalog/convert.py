"""`convert`: a hub repository on disk to a servable checkpoint; touches disk, imports torch only when called."""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from functools import partial
from importlib import metadata, util
from pathlib import Path
from types import ModuleType

from model_pool.catalog.agreement import HubTokenizer, LoadTokenizer, disagreement
from model_pool.catalog.describe import FAST, SHARED, SOURCE, TARGET, Said, describe
from model_pool.catalog.files import write_manifest
from model_pool.catalog.languages import languages_of
from model_pool.catalog.manifest import Family, Manifest
from model_pool.catalog.repository import Repository
from model_pool.catalog.vocabulary import read_vocabularies
from model_pool.errors import ConversionFailed, PoolError

_EXTRA = {"torch": "torch", "transformers": "transformers", "safetensors": "safetensors", "protobuf": "google.protobuf"}
_TOOLS = ("ctranslate2", "transformers", "torch")


class Quantization(StrEnum):
    """Types that weights can be stored in, in CTranslate2's words."""

    INT8 = "int8"
    INT8_FLOAT32 = "int8_float32"
    INT8_FLOAT16 = "int8_float16"
    INT8_BFLOAT16 = "int8_bfloat16"
    INT16 = "int16"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
    FLOAT32 = "float32"


def require_convert_extra() -> None:
    """Raise ConversionFailed where the libraries of the extra `convert` are not installed."""
    missing = [name for name, module in _EXTRA.items() if not _is_installed(module)]
    if missing:
        raise ConversionFailed(
            f'Conversion needs {", ".join(missing)}. Install it with: pip install "babelpool[convert]"'
        )


def _is_installed(module: str) -> bool:
    try:
        return util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it is missing
        return False


def tool_versions() -> dict[str, str]:
    """Return the versions of what shapes a converted checkpoint."""
    return {name: metadata.version(name) for name in _TOOLS}


def convert(
    repository: Repository,
    output: Path,
    quantization: Quantization,
    said: Said,
    load_tokenizer: LoadTokenizer,
    *,
    pickle: bool = False,
) -> Manifest:
    """Write a checkpoint with its manifest into the empty directory `output`.

    What `said` leaves open comes from the repository. Raises ConversionFailed, LanguageUnsupported.
    """
    require_convert_extra()
    family = said.family or repository.family()
    if repository.has_separate_vocabularies():
        raise ConversionFailed(f"{repository.name} has separate vocabularies, which CTranslate2 does not convert.")
    with _quiet(), _explained(repository):
        theirs = _write_weights(repository, family, output, quantization, pickle=pickle)
        _, vocabulary = read_vocabularies(output)
        completed = _completed(said, family, repository, vocabulary)
        manifest = _with_tokenizer(repository, output, completed, theirs, load_tokenizer)
    write_manifest(output, manifest)
    return manifest


def _write_weights(
    repository: Repository, family: Family, output: Path, quantization: Quantization, *, pickle: bool
) -> HubTokenizer:
    """Convert weights and vocabulary, and return the transformers tokenizer that the vocabulary came from."""
    from model_pool.catalog.loaders import FamilyConverter, load_hub_tokenizer

    tokenizer = load_hub_tokenizer(repository.path, family)
    converter = FamilyConverter(repository.path, family, tokenizer, pickle=pickle)
    converter.convert(str(output), quantization=quantization.value, force=True)
    return tokenizer


def _completed(said: Said, family: Family, repository: Repository, vocabulary: Sequence[str]) -> Said:
    """Add the languages that the repository declares; its language tokens know the targets better than its name."""
    sources, targets = repository.declared_languages(family)
    if languages_of(family, vocabulary):
        targets = None
    return replace(said, family=family, sources=said.sources or sources, targets=said.targets or targets)


def _with_tokenizer(
    repository: Repository, output: Path, said: Said, theirs: HubTokenizer, load_tokenizer: LoadTokenizer
) -> Manifest:
    """Give the checkpoint the first tokenizer that reads text as transformers does."""
    _, vocabulary = read_vocabularies(output)
    difference: str | None = "there is no tokenizer file"
    for install in _tokenizers(repository.path, theirs):
        written = install(output)
        manifest = describe(output, said)
        difference = disagreement(load_tokenizer(output, manifest), theirs, manifest, vocabulary)
        if difference is None:
            return manifest
        for path in written:
            path.unlink()
    raise ConversionFailed(f"{repository.name}: its text cannot be read as in its training: {difference}.")


def _tokenizers(repository: Path, theirs: HubTokenizer) -> Iterator[Callable[[Path], list[Path]]]:
    """Yield what can be tried, the original SentencePiece models first: they are what training used."""
    groups = [(SOURCE, TARGET), *((name,) for name in SHARED)]
    for names in groups:
        if all((repository / name).is_file() for name in names):
            yield partial(_copy, repository, names)
    if getattr(theirs, "is_fast", False):
        yield partial(_write_fast, theirs)


def _copy(repository: Path, names: Sequence[str], output: Path) -> list[Path]:
    return [Path(shutil.copyfile(repository / name, output / name)) for name in names]


def _write_fast(theirs: HubTokenizer, output: Path) -> list[Path]:
    """Write the `tokenizers` backend; its unknown id is set right where transformers fixed it at T5's own."""
    definition = json.loads(theirs.backend_tokenizer.to_str())
    model = definition["model"]
    if model["type"] == "Unigram":
        model["unk_id"] = next(index for index, (piece, _) in enumerate(model["vocab"]) if piece == theirs.unk_token)
    path = output / FAST
    path.write_text(json.dumps(definition, ensure_ascii=False), encoding="utf-8")
    return [path]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' advice and progress bars off the terminal: the caller draws its own."""
    from transformers.utils import logging as hub_logging

    verbosity, bars = hub_logging.get_verbosity(), hub_logging.is_progress_bar_enabled()
    hub_logging.set_verbosity(logging.CRITICAL)
    _show_bars(hub_logging, shown=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        hub_logging.set_verbosity(verbosity)
        _show_bars(hub_logging, shown=bars)


def _show_bars(hub_logging: ModuleType, *, shown: bool) -> None:
    (hub_logging.enable_progress_bar if shown else hub_logging.disable_progress_bar)()


@contextmanager
def _explained(repository: Repository) -> Iterator[None]:
    """Turn what the converters raise into one sentence; they raise anything, and our own errors pass."""
    try:
        yield
    except PoolError:
        raise
    except Exception as error:
        raise ConversionFailed(f"{repository.name} could not be converted: {error}") from error
