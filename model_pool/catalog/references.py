"""How people name a checkpoint: `embedded/<name>`, a local path, or a hub id with optional `@revision`; reads no file.

A hub id and its revision end up in file names, commands and URLs, so both are held to what the hub allows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from model_pool.errors import UnknownReference

EMBEDDED_PREFIX = "embedded/"
DEFAULT_REVISION = "main"
_HUB_PART = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_REVISION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/+-]*[A-Za-z0-9])?")
_LONGEST_HUB_ID = 96
_LONGEST_REVISION = 200


@dataclass(frozen=True, slots=True)
class EmbeddedReference:
    """A checkpoint inside the package."""

    name: str


@dataclass(frozen=True, slots=True)
class PathReference:
    """A checkpoint directory; always absolute."""

    path: Path


@dataclass(frozen=True, slots=True)
class HubReference:
    """A repository of the hub; `revision` is None for its default branch."""

    hub_id: str
    revision: str | None = None

    def __str__(self) -> str:
        return self.hub_id if self.revision is None else f"{self.hub_id}@{self.revision}"


Reference = EmbeddedReference | PathReference | HubReference


def parse_reference(text: str, base_dir: Path) -> Reference:
    """Read a reference; relative paths start from `base_dir`. Raises UnknownReference with the forms there are."""
    if text.startswith(EMBEDDED_PREFIX):
        return EmbeddedReference(text.removeprefix(EMBEDDED_PREFIX))
    if _looks_like_path(text):
        return PathReference(_absolute(text, base_dir))
    if _names_directory(text, base_dir):
        return PathReference(_absolute(text, base_dir))
    return parse_hub_reference(text)


def parse_hub_reference(text: str) -> HubReference:
    """Read `org/name` or `org/name@revision`. Raises UnknownReference."""
    hub_id, _, revision = text.partition("@")
    if not _is_hub_id(hub_id):
        raise UnknownReference(
            f"{text!r} is no checkpoint reference. Write embedded/<name>, a directory such as ./models/en-pt, "
            "or a hub id such as Helsinki-NLP/opus-mt-en-de, with @revision if needed."
        )
    if "@" in text and not _is_revision(revision):
        raise UnknownReference(f"{text!r} has no valid revision after '@'. Write a branch, a tag or a commit there.")
    return HubReference(hub_id, None if revision in {"", DEFAULT_REVISION} else revision)


def _looks_like_path(text: str) -> bool:
    return text in {".", "..", "~"} or text.startswith(("/", "./", "../", "~/"))


def _names_directory(text: str, base_dir: Path) -> bool:
    if not text or "\0" in text:
        return False
    try:
        return _absolute(text, base_dir).is_dir()
    except OSError:  # longer than any file name may be: not a directory, whatever else it is
        return False


def _absolute(text: str, base_dir: Path) -> Path:
    try:
        return (base_dir / Path(text).expanduser()).resolve()
    except (RuntimeError, ValueError) as error:
        raise UnknownReference(f"{text!r} cannot be a path: {error}.") from error


def _is_hub_id(hub_id: str) -> bool:
    parts = hub_id.split("/")
    plain = all(_HUB_PART.fullmatch(part) and ".." not in part and "--" not in part for part in parts)
    return len(parts) == 2 and plain and len(hub_id) <= _LONGEST_HUB_ID


def _is_revision(revision: str) -> bool:
    plain = _REVISION.fullmatch(revision) is not None and ".." not in revision and "//" not in revision
    return plain and len(revision) <= _LONGEST_REVISION
