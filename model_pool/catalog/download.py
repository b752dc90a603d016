"""Files from a Hugging Face hub, resumed where they broke off and checked; touches network and disk.

huggingface_hub 2 no longer keeps partial files from one process to the next, so the partial file is kept here and
its HTTP routine is asked for the rest.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import (  # type: ignore[attr-defined]  # HTTPError is httpx's, of whichever version
    GatedRepoError,
    HTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get
from huggingface_hub.hf_api import ModelInfo
from huggingface_hub.utils import build_hf_headers, disable_progress_bars  # type: ignore[attr-defined]

from model_pool.catalog.files import Progress
from model_pool.catalog.references import DEFAULT_REVISION, HubReference
from model_pool.errors import DownloadFailed

if TYPE_CHECKING:
    from typing_extensions import Buffer

_TIMEOUT = 20.0
"""Seconds without an answer to the listing of a repository."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a repository; `sha256` is known for large files, `blob_id` (git's SHA-1) for the others."""

    name: str
    bytes: int
    sha256: str | None
    blob_id: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A repository at one commit."""

    hub_id: str
    commit: str
    license: str
    files: tuple[HubFile, ...]


def list_repository(reference: HubReference) -> Listing:
    """Ask the hub which commit a reference means and which files it has. Raises DownloadFailed."""
    with _explained(reference):
        info = HfApi().model_info(
            reference.hub_id, revision=reference.revision or DEFAULT_REVISION, files_metadata=True, timeout=_TIMEOUT
        )
    if info.sha is None:
        raise DownloadFailed(f"The hub names no commit for {reference}. Try again later.")
    return Listing(reference.hub_id, info.sha, _license(info), tuple(_files(info)))


def download(listing: Listing, file: HubFile, directory: Path, progress: Progress) -> Path:
    """Fetch one file into `directory`, going on where an earlier attempt broke off. Raises DownloadFailed."""
    path = directory / file.name
    if path.is_file() and path.stat().st_size == file.bytes:
        progress(file.name, file.bytes, file.bytes)
        return path
    partial = directory / f"{file.name}.partial"
    with _explained(HubReference(listing.hub_id, listing.commit)):
        _fetch(listing, file, partial, progress)
    _check(listing, file, partial)
    return partial.rename(path)


def _fetch(listing: Listing, file: HubFile, partial: Path, progress: Progress) -> None:
    disable_progress_bars("huggingface_hub.http_get")
    url = hf_hub_url(listing.hub_id, file.name, revision=listing.commit)
    # Compressed, the bytes of a range would not be those of the file.
    headers = build_hf_headers(library_name="babelpool") | {"Accept-Encoding": "identity"}
    raw = _CountedFile(partial, lambda done: progress(file.name, min(done, file.bytes), file.bytes))
    with io.BufferedWriter(raw) as stream:
        http_get(url, stream, resume_size=stream.tell(), headers=headers, expected_size=file.bytes)


def _check(listing: Listing, file: HubFile, partial: Path) -> None:
    """Compare with the hub's own digest; a partial file that does not fit is removed, so the next attempt is fresh."""
    content = hashlib.sha256() if file.sha256 else hashlib.sha1(f"blob {file.bytes}\0".encode(), usedforsecurity=False)
    with partial.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            content.update(chunk)
    if content.hexdigest() != (file.sha256 or file.blob_id):
        partial.unlink()
        raise DownloadFailed(f"{listing.hub_id}: {file.name} arrived damaged. Pull again.")


class _CountedFile(io.FileIO):
    """A file opened for appending that reports how long it is after every write."""

    def __init__(self, path: Path, report: Callable[[int], None]) -> None:
        super().__init__(path, "ab")
        self._report = report

    def write(self, data: Buffer, /) -> int:
        count = super().write(data)
        self._report(self.tell())
        return count


@contextmanager
def _explained(reference: HubReference) -> Iterator[None]:
    """Turn what the hub and the network say into one sentence."""
    hub_id = reference.hub_id
    try:
        yield
    except GatedRepoError as error:
        raise DownloadFailed(
            f"{hub_id} is gated. Accept its terms on its page on the hub, then log in: hf auth login"
        ) from error
    except RepositoryNotFoundError as error:
        raise DownloadFailed(
            f"The hub has no repository {hub_id}, or it is private. Check the name, or log in: hf auth login"
        ) from error
    except RevisionNotFoundError as error:
        raise DownloadFailed(f"{hub_id} has no revision {reference.revision!r}. Check the branch or tag.") from error
    except OfflineModeIsEnabled as error:
        raise DownloadFailed("HF_HUB_OFFLINE is set, so nothing can be pulled. Unset it.") from error
    except (HTTPError, OSError) as error:
        raise DownloadFailed(f"{reference} could not be fetched: {error}. Pull again: it goes on from here.") from error


def _files(info: ModelInfo) -> Iterator[HubFile]:
    for sibling in info.siblings or ():
        if sibling.size is not None:
            sha256 = sibling.lfs.sha256 if sibling.lfs is not None else None
            yield HubFile(sibling.rfilename, sibling.size, sha256, sibling.blob_id)


def _license(info: ModelInfo) -> str:
    return next((tag.removeprefix("license:") for tag in info.tags or () if tag.startswith("license:")), "")
