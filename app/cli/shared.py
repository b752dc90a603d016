"""What commands about checkpoints have in common: arguments, where the catalog is, how the pool's refusals end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_data_path
from rich.console import Console

from model_pool.catalog.catalog import Catalog
from model_pool.errors import PoolError

_err = Console(stderr=True)

DataDir = Annotated[
    Path | None,
    typer.Option(
        envvar="BABELPOOL_DATA_DIR", help="Where pulled checkpoints are; by default the user's data directory."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Reference = Annotated[str, typer.Argument(help="embedded/<name>, a directory, or a hub id such as org/name@revision.")]


def data_path(given: Path | None) -> Path:
    """Return the data directory."""
    return given.expanduser().resolve() if given is not None else user_data_path("babelpool")


def open_catalog(data_dir: Path | None) -> Catalog:
    """Return the catalog of a data directory."""
    return Catalog(data_path(data_dir))


@contextmanager
def explained() -> Iterator[None]:
    """End with exit code 1 and one sentence where the pool says no."""
    try:
        yield
    except PoolError as error:
        _err.print(f"babelpool: {error}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
