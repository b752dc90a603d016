"""Translates one text in this process, with a progress bar on stderr; the pool lives for one command."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.composition import build_services, make_loader, open_parts, resolve_tiers
from app.detection import FastTextDetector
from app.services import Services
from app.settings import Settings
from app.telemetry.metrics import Metrics
from app.translate import AUTO
from model_pool.catalog.catalog import Catalog

_CHUNK = 4_000
"""Characters that are translated between two moves of the progress bar; chunks end at line ends."""


def read_source(text: str | None, file: Path | None) -> str:
    """Return the text to translate. Raises typer.BadParameter for a file that is not there or not UTF-8."""
    if text is not None:
        return text
    try:
        raw = file.read_bytes() if file else sys.stdin.buffer.read()
        return raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file or 'standard input'} cannot be read as UTF-8 text: {error}") from error


def write_target(text: str, output: Path | None, *, newline: bool) -> None:
    """Write to a file, or to standard output with a line end where the shell gave none; line ends stay as they are."""
    raw = (text + "\n" if newline and output is None else text).encode("utf-8")
    if output is None:
        sys.stdout.buffer.write(raw)
        sys.stdout.flush()
        return
    output.write_bytes(raw)


def translate_offline(settings: Settings, text: str, *, source: str, target: str, tier: str | None) -> str:
    """Translate a whole text. Raises what the server would answer with an error."""
    return asyncio.run(_translate(settings, text, source=source, target=target, tier=tier))


async def _translate(settings: Settings, text: str, *, source: str, target: str, tier: str | None) -> str:
    loader = make_loader()
    tiers = resolve_tiers(settings, Catalog(settings.data_path), loader)
    services = build_services(settings, tiers, open_parts(settings, tiers, loader, FastTextDetector(), Metrics()))
    try:
        if source.lower() == AUTO and text.strip():
            source = (await services.translator.detect(text)).language
        return await _with_progress(services, list(_chunks(text)), source=source, target=target, tier=tier)
    finally:
        await services.close()


async def _with_progress(services: Services, chunks: list[str], *, source: str, target: str, tier: str | None) -> str:
    columns = (
        TextColumn("translating"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("characters"),
        TimeRemainingColumn(),
    )
    done: list[str] = []
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=len(chunks) < 2) as progress:
        task = progress.add_task("", total=sum(map(len, chunks)))
        for chunk in chunks:
            outcomes = await services.translator.translate([chunk], source=source, target=target, tier=tier)
            done.append(outcomes[0].answer.text)
            _warn(outcomes[0].answer.warnings)
            progress.advance(task, len(chunk))
    return "".join(done)


def _warn(warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        print(f"babelpool: warning: {warning}", file=sys.stderr)  # noqa: T201 - this is a command


def _chunks(text: str) -> Iterator[str]:
    """Cut at line ends, where segmentation cuts too, so that the parts translate as the whole would."""
    start = at = 0
    for line in text.splitlines(keepends=True):
        at += len(line)
        if at - start >= _CHUNK:
            yield text[start:at]
            start = at
    if start < len(text):
        yield text[start:]
