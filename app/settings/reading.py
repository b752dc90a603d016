"""Finds and reads the configuration, and says exactly what is wrong with it; touches one file and the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.keys import ApiKey
from app.settings.models import ENV_PREFIX, Settings, TierSettings

CONFIG_VARIABLE = f"{ENV_PREFIX}CONFIG"
_PACKAGED = Path(__file__).parent.with_name("config.toml")
_IN_CHECKOUT = Path(__file__).parent.parent.with_name("config.toml")


class ConfigurationError(Exception):
    """The configuration cannot be used; the message names file, key and what would be right."""


def find_config(explicit: Path | None = None) -> Path:
    """Return the configuration file to read. Raises ConfigurationError where a named one is not there."""
    named = explicit or (Path(value) if (value := os.environ.get(CONFIG_VARIABLE)) else None)
    if named is not None:
        if not named.is_file():
            raise ConfigurationError(f"There is no configuration file {named}. Check --config and {CONFIG_VARIABLE}.")
        return named
    candidates = (Path("config.toml"), _PACKAGED, _IN_CHECKOUT)
    return next(path for path in candidates if path.is_file())


def load_settings(config: Path | None = None) -> Settings:
    """Read and check the whole configuration. Raises ConfigurationError with every key at fault.

    Sections that the file leaves out keep the packaged defaults; tiers are replaced as a whole, not mixed.
    """
    path = find_config(config)
    _check_variables()
    values = _with_defaults(_read_toml(path))
    try:
        return Settings(**values)
    except ValidationError as error:
        faults = "\n".join(f"  {_fault(detail, path)}" for detail in error.errors(include_url=False))
        raise ConfigurationError(
            f"The configuration ({path} and {ENV_PREFIX}* variables) is not valid:\n{faults}"
        ) from None


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """Where a server's configuration comes from, so that it can be read again.

    path: the file. server: what the command line says about the server, which wins over file and environment.
    """

    path: Path
    server: Mapping[str, object] = field(default_factory=dict)

    def read(self) -> Settings:
        """Read it as it is now. Raises ConfigurationError."""
        settings = load_settings(self.path)
        try:
            server = settings.server.model_validate(settings.server.model_dump() | dict(self.server))
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            raise ConfigurationError(f"--{fault['loc'][0]}: {fault['msg']}") from None
        return settings.model_copy(update={"server": server})


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from None


def _with_defaults(values: dict[str, Any]) -> dict[str, Any]:
    defaults = _read_toml(_PACKAGED if _PACKAGED.is_file() else _IN_CHECKOUT)
    merged = defaults | values
    for name, section in defaults.items():
        if isinstance(section, dict) and name != "tiers" and isinstance(values.get(name), dict):
            merged[name] = section | values[name]
    return merged


def _check_variables() -> None:
    """Refuse variables that look like ours but match nothing: pydantic-settings would pass over them in silence."""
    known = {f"{ENV_PREFIX}{name}".upper() for name in Settings.model_fields} | {CONFIG_VARIABLE}
    for variable in sorted(os.environ):
        name = variable.upper()
        if name.startswith(ENV_PREFIX) and name.partition("__")[0] not in known:
            raise ConfigurationError(f"The environment variable {variable} sets nothing.{_closest(name, known)}")


def _fault(detail: ErrorDetails, path: Path) -> str:
    location = [str(part) for part in detail["loc"]]
    key = ".".join(location)
    if detail["type"] == "extra_forbidden":
        return (
            f"{key}{_line_of(path, location)}: there is no such setting.{_closest(location[-1], _siblings(location))}"
        )
    message = detail["msg"].removeprefix("Value error, ")
    return f"{key}{_line_of(path, location)}: {message}" if key else message


def _line_of(path: Path, location: list[str]) -> str:
    """Return " (line N)" where the file itself has the key; the TOML parser keeps no positions, so look for it."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):  # rewritten since it was parsed
        return ""
    names = [part for part in location if not part.isdecimal()]
    table = ""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text.startswith("["):
            table = text.strip("[] ").split("]")[0]
        key = text.partition("=")[0].strip()
        if names == [*filter(None, table.split(".")), key] or (text.startswith("[") and names == table.split(".")):
            return f" (line {number})"
    return ""


def _siblings(location: list[str]) -> set[str]:
    model: type[BaseModel] = Settings
    if len(location) > 1:
        rows: dict[str, type[BaseModel]] = {"tiers": TierSettings}
        if len(location) > 3:
            rows["auth"] = ApiKey
        field = rows.get(location[0], Settings.model_fields[location[0]].annotation)
        model = field if isinstance(field, type) and issubclass(field, BaseModel) else Settings
    return set(model.model_fields)


def _closest(name: str, known: set[str]) -> str:
    matches = get_close_matches(name, sorted(known), n=1)
    return f" Did you mean {matches[0]}?" if matches else ""
