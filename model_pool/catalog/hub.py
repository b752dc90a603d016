"""`pull`: a hub id to a registered checkpoint; touches network and disk, imports torch for the conversion.

What has been downloaded stays in `downloads/` of the data directory until the checkpoint is registered, so a pull that
was cut short goes on where it stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from model_pool.catalog.agreement import LoadTokenizer
from model_pool.catalog.catalog import Catalog
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.convert import Quantization, convert, require_convert_extra, tool_versions
from model_pool.catalog.describe import Said
from model_pool.catalog.download import Listing, download, list_repository
from model_pool.catalog.files import Progress, is_locked, locked, writing
from model_pool.catalog.hub_files import needed_files
from model_pool.catalog.manifest import Lineage
from model_pool.catalog.references import HubReference, parse_hub_reference
from model_pool.catalog.repository import Repository

CONVERTING = "converting"
"""The step that `progress` hears of after the last file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullOptions:
    """How to pull.

    sources, targets: see `languages_spoken`; None where the repository can tell.
    allow_pickle: take pickled weights where there are no safetensors.
    """

    quantization: Quantization = Quantization.INT8
    sources: Sequence[str] | None = None
    targets: Sequence[str] | None = None
    allow_pickle: bool = False


def _ignore(step: str, done: int, total: int) -> None:
    """Take progress and do nothing with it."""


def pull(
    hub_id: str,
    data_dir: Path,
    load_tokenizer: LoadTokenizer,
    options: PullOptions | None = None,
    progress: Progress = _ignore,
) -> Checkpoint:
    """Download, convert and register `org/name` or `org/name@revision`.

    The checkpoint answers to that reference and to `org/name@<commit>`. An earlier one of the same name is replaced.
    Raises UnknownReference, DownloadFailed, UnsafeCheckpoint, ConversionFailed, LanguageUnsupported,
    StorageFailed.
    """
    require_convert_extra()
    options = options or PullOptions()
    reference = parse_hub_reference(hub_id)
    listing = list_repository(reference)
    downloads = data_dir / "downloads" / quote(f"{reference.hub_id}@{listing.commit}", safe="")
    with writing(data_dir), _alone(downloads):
        downloads.mkdir(exist_ok=True)
        _download(listing, downloads, options, progress)
        checkpoint = _convert(reference, listing, downloads, Catalog(data_dir), load_tokenizer, options, progress)
        _forget_downloads(reference, downloads)
    return checkpoint


@contextmanager
def _alone(downloads: Path) -> Iterator[None]:
    """Let one process at a time pull a commit; the others find it done, or go on with it."""
    downloads.parent.mkdir(parents=True, exist_ok=True)
    with locked(_lock_of(downloads)):
        yield


def _forget_downloads(reference: HubReference, done: Path) -> None:
    """Remove what was downloaded of this repository: this commit, and others that nobody is pulling."""
    for directory in done.parent.glob(f"{quote(reference.hub_id, safe='')}%40*"):
        if directory == done or (directory.is_dir() and not is_locked(_lock_of(directory))):
            shutil.rmtree(directory)


def _lock_of(downloads: Path) -> Path:
    return downloads.with_name(f"{downloads.name}.lock")


def _download(listing: Listing, directory: Path, options: PullOptions, progress: Progress) -> None:
    files = {file.name: file for file in listing.files}
    for name in needed_files(listing.hub_id, files, allow_pickle=options.allow_pickle):
        download(listing, files[name], directory, progress)


def _convert(
    reference: HubReference,
    listing: Listing,
    downloads: Path,
    catalog: Catalog,
    load_tokenizer: LoadTokenizer,
    options: PullOptions,
    progress: Progress,
) -> Checkpoint:
    progress(CONVERTING, 0, 1)
    repository = Repository(downloads, reference.hub_id)
    with catalog.staging() as staged:
        convert(
            repository,
            staged,
            options.quantization,
            _said(listing, options),
            load_tokenizer,
            pickle=options.allow_pickle,
        )
        pinned = HubReference(reference.hub_id, listing.commit)
        checkpoint = catalog.register(staged, [reference, pinned])
    progress(CONVERTING, 1, 1)
    return checkpoint


def _said(listing: Listing, options: PullOptions) -> Said:
    recipe = {
        "step": "pull",
        "hub_id": listing.hub_id,
        "commit": listing.commit,
        "quantization": options.quantization.value,
    }
    return Said(
        name=listing.hub_id,
        sources=options.sources,
        targets=options.targets,
        origin=f"Hugging Face hub, {listing.hub_id}@{listing.commit}",
        license=listing.license,
        lineage=Lineage(recipe=recipe, versions=tool_versions()),
    )
