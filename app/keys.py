"""API keys as they are kept: a name, a SHA-256, scopes and limits; making keys, and reading a key file."""

from __future__ import annotations

import logging
import secrets
import stat
import tomllib
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

logger = logging.getLogger("babelpool.auth")

KeyScope = Literal["translate", "admin", "monitor"]

_PREFIX = "bp_"  # what secret scanners can look for
_RANDOM_BYTES = 32
_REMEDY = "take the key out of the file and use another: `babelpool keys new` makes one and prints what belongs here"
_NOT_A_HASH = f"this must be the SHA-256 of a key, 64 hexadecimal digits. If it is the key itself, {_REMEDY}"
_PLAIN_FIELDS = frozenset({"key", "api_key", "token", "secret", "password", "value"})


class KeyFileError(ValueError):
    """The key file cannot be used; the message names file and place, and never repeats what stands there."""


def _hex_digest(value: object) -> str:
    text = value.lower() if isinstance(value, str) else ""
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise ValueError(_NOT_A_HASH)
    if bytes.fromhex(text) == sha256(b"").digest():
        raise ValueError("this is the SHA-256 of nothing: whoever sends an empty key would get in")
    return text


class ApiKey(BaseModel):
    """One key. Its holder has the random text, we have the SHA-256, which is of no use to a thief.

    A fast hash is right here: keys are 256 random bits, so there is nothing to guess, however many hashes a thief can
    compute. Slow hashes protect passwords that people think up, and would cost every request their time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    sha256: Annotated[str, BeforeValidator(_hex_digest)] = Field(repr=False)
    scopes: tuple[KeyScope, ...] = Field(default=("translate",), min_length=1)
    requests_per_minute: int | None = Field(default=None, ge=1, le=100_000)
    characters_per_day: int | None = Field(default=None, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _no_plain_keys(cls, values: object) -> object:
        if isinstance(values, dict) and (found := _PLAIN_FIELDS.intersection(values)):
            raise ValueError(f"{min(found)} holds a key in plain text, which is not kept: {_REMEDY}")
        return values


_KEYS: TypeAdapter[tuple[ApiKey, ...]] = TypeAdapter(tuple[ApiKey, ...])


def new_key() -> str:
    """Return a fresh key of 256 random bits in characters that every header and form can carry."""
    return _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def hash_key(key: str | bytes) -> str:
    """Return what to keep of a key. Never raises, whatever the text holds."""
    return sha256(key if isinstance(key, bytes) else key.encode("utf-8", "surrogatepass")).hexdigest()


def check_distinct(keys: Iterable[ApiKey]) -> None:
    """Raise ValueError where two keys have one name, whose limits they would share, or one hash."""
    names: set[str] = set()
    digests: set[str] = set()
    for key in keys:
        if key.name in names:
            raise ValueError(f"two keys are called {key.name!r}; give each its own name")
        if key.sha256 in digests:
            raise ValueError(f"the key {key.name!r} is there already under another name")
        names.add(key.name)
        digests.add(key.sha256)


def read_key_file(path: Path) -> tuple[ApiKey, ...]:
    """Read keys from a file. Raises KeyFileError.

    `*.toml` holds the same `[[auth.keys]]` tables as config.toml; any other file a key per line, `name:sha256` or
    `name:sha256:scope,scope`; blank lines and those that start with "#" are passed over.
    """
    try:
        if path.stat().st_mode & stat.S_IWOTH:
            raise KeyFileError(f"{path} can be written by everybody, who could add a key: chmod o-w {path}")
        text = path.read_text(encoding="utf-8")
        entries = _toml_entries(text) if path.suffix == ".toml" else _line_entries(text)
        if not entries:
            raise KeyFileError(f"The key file {path} holds no keys; without any, the server would be open to all")
        return _KEYS.validate_python(entries)
    except ValidationError as error:
        faults = (f"  {_place(entries, fault['loc'])}: {_message(fault['msg'])}" for fault in error.errors())
        raise KeyFileError(f"The key file {path} is not valid:\n" + "\n".join(faults)) from None
    except tomllib.TOMLDecodeError as error:
        raise KeyFileError(f"{path} is not valid TOML: {error}") from None
    except UnicodeDecodeError:
        raise KeyFileError(f"The key file {path} is not UTF-8 text") from None
    except OSError as error:
        raise KeyFileError(f"The key file {path} cannot be read: {error.strerror}") from None


def configured_keys(keys: Iterable[ApiKey], key_file: str) -> tuple[ApiKey, ...]:
    """Return the keys of the configuration and of the file that it names, "" for none. Raises KeyFileError."""
    path = Path(key_file).expanduser()
    every = (*keys, *(read_key_file(path) if key_file else ()))
    try:
        check_distinct(every)
    except ValueError as error:
        raise KeyFileError(f"auth.keys and auth.key_file: {error}") from None
    if key_file and path.stat().st_mode & stat.S_IWGRP:
        logger.warning("the key file %s can be written by its group, which could add keys: chmod g-w", path)
    return every


def _toml_entries(text: str) -> list[Any]:
    auth = tomllib.loads(text).get("auth")
    keys = auth.get("keys") if isinstance(auth, dict) else None
    return keys if isinstance(keys, list) else []


def _line_entries(text: str) -> list[Any]:
    lines = (line.strip() for line in text.splitlines())
    return [_line_entry(line) for line in lines if line and not line.startswith("#")]


def _line_entry(line: str) -> dict[str, Any]:
    # A line without a colon may be a bare key: it lands in sha256, whose fault says what to do.
    name, _, rest = line.partition(":") if ":" in line else ("unnamed", "", line)
    digest, _, scopes = rest.partition(":")
    entry: dict[str, Any] = {"name": name.strip(), "sha256": digest.strip()}
    return entry | ({"scopes": [scope.strip() for scope in scopes.split(",")]} if scopes else {})


def _place(entries: list[Any], location: tuple[int | str, ...]) -> str:
    """Name a fault by number, never by content: a "name" may be the key itself, put in the wrong place."""
    number = int(location[0]) + 1
    return ".".join([f"key {number} of {len(entries)}", *map(str, location[1:])])


def _message(text: str) -> str:
    return text.removeprefix("Value error, ")
