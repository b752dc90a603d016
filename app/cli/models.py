"""`babelpool models ...` and `babelpool pull`: parse, call the catalog, print; heavy imports wait for their command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.cli.shared import DataDir, Json, Reference, data_path, explained, open_catalog
from model_pool.catalog.catalog import Broken
from model_pool.catalog.checkpoint import Checkpoint
from model_pool.catalog.convert import Quantization
from model_pool.catalog.files import Progress as Report
from model_pool.catalog.manifest import MANIFEST_NAME, Family

models_app = typer.Typer(
    name="models", no_args_is_help=True, help="List, inspect, check, describe and remove checkpoints."
)
_out = Console()
_err = Console(stderr=True)

Sources = Annotated[
    list[str] | None,
    typer.Option("--source", help="Source language; repeat for more. code=token where the vocabulary does not tell."),
]
Targets = Annotated[
    list[str] | None,
    typer.Option("--target", help="Target language; repeat for more. code=token where the vocabulary does not tell."),
]


@models_app.command("list")
def list_checkpoints(data_dir: DataDir = None, as_json: Json = False) -> None:  # noqa: FBT002
    """List embedded and pulled checkpoints.

    Example:  babelpool models list
    """
    with explained():
        entries = open_catalog(data_dir).survey()
    if as_json:
        return typer.echo(json.dumps([_row(entry) for entry in entries], indent=2))
    table = Table("reference", "family", "from", "to", "stored as", "size", "digest")
    for entry in entries:
        if isinstance(entry, Broken):
            table.add_row(entry.reference, f"[red]broken: {escape(str(entry.error))}[/red]")
        else:
            table.add_row(*_cells(entry))
    return _out.print(table)


@models_app.command()
def inspect(reference: Reference, data_dir: DataDir = None, as_json: Json = False) -> None:  # noqa: FBT002
    """Show all that is known about one checkpoint: languages, limits, origin, licence, lineage, files, tunings.

    Example:  babelpool models inspect embedded/en-pt
    """
    from model_pool.tuning.store import Tunings

    with explained():
        checkpoint = open_catalog(data_dir).resolve(reference)
    tunings = [record.model_dump(mode="json") for record in Tunings(data_path(data_dir)).of(checkpoint.digest)]
    described = checkpoint.manifest.model_dump(mode="json")
    content = {"path": str(checkpoint.path), "digest": checkpoint.digest, **described, "tunings": tunings}
    if as_json:
        return typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
    files = {name: f"{decimal(file.bytes)}, sha256 {file.sha256}" for name, file in checkpoint.manifest.files.items()}
    table = Table(show_header=False)
    for name, value in {**content, "files": "", **files}.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        table.add_row(escape(name), escape(shown))
    return _out.print(table)


@models_app.command()
def verify(
    references: Annotated[list[str] | None, typer.Argument(help="What to check; everything listed by default.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Hash every file and compare with the manifest. Exit code 1 where a file is missing, truncated or changed.

    Example:  babelpool models verify embedded/en-pt
    """
    catalog = open_catalog(data_dir)
    for reference in references or catalog.references():
        with explained():
            checkpoint = catalog.resolve(reference)
            with _bars() as report:
                checkpoint.verify(lambda _, done, total, name=reference: report(name, done, total))  # type: ignore[misc]
        typer.echo(f"{reference}: whole, {decimal(checkpoint.size_bytes)}, digest {checkpoint.digest[:12]}")


@models_app.command()
def remove(reference: Reference, data_dir: DataDir = None) -> None:
    """Forget a pulled checkpoint and free its disk space.

    Example:  babelpool models remove Helsinki-NLP/opus-mt-en-de
    """
    with explained():
        open_catalog(data_dir).remove(reference)
    typer.echo(f"{reference}: removed")


@models_app.command()
def describe(
    directory: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A CTranslate2 model directory.")],
    sources: Sources = None,
    targets: Targets = None,
    family: Annotated[Family | None, typer.Option(help="Told by the vocabulary where it has language tokens.")] = None,
    name: Annotated[str | None, typer.Option(help="The directory's name by default.")] = None,
    origin: Annotated[str, typer.Option(help="Where the checkpoint comes from.")] = "",
    license_: Annotated[str, typer.Option("--license", help="Licence of the weights, an SPDX identifier.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a manifest that is there.")] = False,  # noqa: FBT002
) -> None:
    """Write the manifest of a CTranslate2 directory, so that a tier can serve it by its path.

    Examples:  babelpool models describe ./models/en-de --source en --target de
    babelpool models describe ./models/nllb-600M --family nllb
    """
    from model_pool.catalog.describe import Said
    from model_pool.catalog.describe import describe as describe_directory
    from model_pool.catalog.files import write_manifest

    if (directory / MANIFEST_NAME).exists() and not force:
        raise typer.BadParameter(f"{directory / MANIFEST_NAME} is there already; --force replaces it")
    said = Said(
        name=name or directory.resolve().name,
        family=family,
        sources=sources,
        targets=targets,
        origin=origin,
        license=license_,
    )
    with explained():
        write_manifest(directory, describe_directory(directory, said))
        _summary(Checkpoint.read(str(directory), directory))


def pull(
    hub_id: Annotated[str, typer.Argument(help="A hub id, org/name, with @revision if needed.")],
    quantization: Annotated[Quantization, typer.Option(help="How to store the weights.")] = Quantization.INT8,
    sources: Sources = None,
    targets: Targets = None,
    allow_pickle: Annotated[  # noqa: FBT002
        bool, typer.Option("--allow-pickle", help="Take pickled weights where there are no safetensors.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    r"""Download a checkpoint from the Hugging Face hub, convert it and add it to the catalog.

    Marian/OPUS-MT, NLLB, M2M-100, mBART-50 and T5/MADLAD. Needs the extra: pip install "babelpool\[convert]".
    A pull that was cut short goes on where it stopped.

    Examples:  babelpool pull Helsinki-NLP/opus-mt-en-de
    babelpool pull facebook/nllb-200-distilled-600M --quantization int8_float16
    babelpool pull Helsinki-NLP/opus-mt-mul-en --source fr --source de
    """
    with explained():
        from model_pool.catalog.hub import PullOptions
        from model_pool.catalog.hub import pull as pull_checkpoint
        from model_pool.tokenization import load_tokenizer

        options = PullOptions(quantization=quantization, sources=sources, targets=targets, allow_pickle=allow_pickle)
        with _bars() as report:
            checkpoint = pull_checkpoint(hub_id, data_path(data_dir), load_tokenizer, options, report)
        _summary(checkpoint)
    typer.echo(f'Serve it by naming it in a tier of config.toml: checkpoints = ["{hub_id}"]')


@contextmanager
def _bars() -> Iterator[Report]:
    """Draw one bar per step on standard error; a step of size 1 has no amount to show."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[amount]}"),
        TimeRemainingColumn(),
    )
    bars = Progress(*columns, console=_err)
    tasks: dict[str, TaskID] = {}

    def report(step: str, done: int, total: int) -> None:
        amount = f"{decimal(done)} of {decimal(total)}" if total > 1 else ""
        if step not in tasks:
            bars.start()
            tasks[step] = bars.add_task(step, total=None, amount=amount)
        bars.update(tasks[step], completed=done, total=total if total > 1 or done else None, amount=amount)

    try:
        yield report
    finally:
        if tasks:
            bars.stop()


def _row(entry: Checkpoint | Broken) -> dict[str, Any]:
    if isinstance(entry, Broken):
        return {"reference": entry.reference, "error": {"code": entry.error.code, "message": str(entry.error)}}
    manifest = entry.manifest
    return {
        "reference": entry.reference,
        "digest": entry.digest,
        "family": manifest.family,
        "sources": list(manifest.sources),
        "targets": list(manifest.targets),
        "quantization": manifest.quantization,
        "bytes": entry.size_bytes,
        "license": manifest.license,
    }


def _cells(checkpoint: Checkpoint) -> tuple[str, ...]:
    manifest = checkpoint.manifest
    languages = (_few(manifest.sources), _few(manifest.targets))
    size, digest = decimal(checkpoint.size_bytes), checkpoint.digest[:12]
    return (checkpoint.reference, manifest.family, *languages, manifest.quantization, size, digest)


def _few(codes: dict[str, str]) -> str:
    shown = sorted(codes)[:4]
    return " ".join(shown) + (f" and {len(codes) - len(shown)} more" if len(codes) > len(shown) else "")


def _summary(checkpoint: Checkpoint) -> None:
    reference, family, sources, targets, quantization, size, digest = _cells(checkpoint)
    typer.echo(f"{reference}: {family}, {sources} -> {targets}, {quantization}, {size}, digest {digest}")
