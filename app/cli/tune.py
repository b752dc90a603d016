"""`babelpool tune`: parse, measure, print, store; whatever is heavy is imported when it runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.cli.shared import DataDir, Json, Reference, data_path, explained, open_catalog

if TYPE_CHECKING:
    from model_pool.catalog.checkpoint import Checkpoint
    from model_pool.tuning.choice import Tried
    from model_pool.tuning.store import TuningRecord
    from model_pool.tuning.sweep import Findings, Sweep

_out = Console()
_err = Console(stderr=True)
_MEBIBYTE = 2**20

Seconds = Annotated[float, typer.Option(min=0.0, help="Of measuring in all; loading the engine comes on top.")]
Beam = Annotated[int, typer.Option("--beam", min=1, max=32, help="Beam size of the tier that matters most.")]
Waiting = Annotated[
    int, typer.Option("--load", "--connections", min=1, max=10_000, help="Callers that wait for a sentence at a time.")
]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1 ...")]
ComputeType = Annotated[str, typer.Option(help="As in a tier; auto is as stored, or the closest that the device can.")]
From = Annotated[str | None, typer.Option("--from", "-f", help="Source language to measure with.")]
To = Annotated[str | None, typer.Option("--to", "-t", help="Target language to measure with.")]
Sentences = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="Your own text, UTF-8, a sentence a line.")
]
NoSave = Annotated[bool, typer.Option("--no-save", "--dry-run", help="Measure and print, store nothing.")]
Force = Annotated[bool, typer.Option("--force", help="Store it even if other processes took CPUs meanwhile.")]
Clear = Annotated[bool, typer.Option("--clear", help="Measure nothing: forget what is stored for this checkpoint.")]


def tune(
    reference: Reference,
    seconds: Seconds = 60.0,
    beam: Beam = 1,
    load: Waiting = 64,
    device: Device = "cpu",
    compute_type: ComputeType = "auto",
    source: From = None,
    target: To = None,
    sentences: Sentences = None,
    no_save: NoSave = False,  # noqa: FBT002
    force: Force = False,  # noqa: FBT002
    clear: Clear = False,  # noqa: FBT002
    data_dir: DataDir = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Measure which threads and batch size translate most on this machine, and store them for this checkpoint.

    A server uses them from its next start where config.toml leaves engine.inter_threads, engine.intra_threads,
    batching.max_items and batching.max_tokens at 0. Without a tuning, or with one from another machine or engine
    version, a rule by model size applies; it stays, too, where nothing beats it by more than noise.

    Nothing else should run meanwhile: what other processes disturbed is stored only by --force.
    Give large checkpoints more --seconds.

    Examples:

    babelpool tune embedded/en-pt

    babelpool tune org/name --seconds 300 --beam 4 --load 16

    babelpool tune org/name --from de --to en --sentences ours.txt --no-save

    babelpool tune embedded/en-pt --clear
    """
    from model_pool.tuning.store import Tunings

    tunings = Tunings(data_path(data_dir))
    with explained():
        checkpoint = open_catalog(data_dir).resolve(reference)
        if clear:
            count = tunings.clear(checkpoint.digest)
            return typer.echo(f"{reference}: {count} tunings removed; the rule by model size applies")
        if not no_save:
            tunings.check_writable(checkpoint.digest)
        sweep = _sweep(
            checkpoint, device, compute_type, beam, load, seconds, source=source, target=target, sentences=sentences
        )
        findings = _run(sweep)
        record = _record(sweep, findings)
        path = tunings.save(record) if not no_save and (force or not findings.disturbed) else None
    if as_json:
        return typer.echo(json.dumps(_as_json(reference, findings, record, path), indent=2, ensure_ascii=False))
    return _print(reference, sweep, findings, path)


def _sweep(
    checkpoint: Checkpoint,
    device: str,
    compute_type: str,
    beam: int,
    load: int,
    seconds: float,
    *,
    source: str | None,
    target: str | None,
    sentences: Path | None,
) -> Sweep:
    from app.composition import make_loader
    from model_pool.replica import make_spec
    from model_pool.tokenization import load_tokenizer
    from model_pool.tuning.sweep import Sweep
    from model_pool.tuning.workload import choose_pair, workload
    from model_pool.types import DecodeOptions

    pair = choose_pair(checkpoint.manifest, source, target)
    checkpoint.verify()
    loader = make_loader()
    spec = make_spec(loader, checkpoint, device=device, compute_type=compute_type)
    tokenizer = load_tokenizer(checkpoint.path, checkpoint.manifest)
    work = workload(
        checkpoint,
        tokenizer,
        pair,
        options=DecodeOptions(beam_size=beam),
        waiting=load,
        given=_lines(sentences) if sentences else (),
    )
    return Sweep(loader, spec.checkpoint, spec.key, tokenizer, work, seconds)


def _lines(path: Path) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} cannot be read as UTF-8 text: {error}") from error
    if not (found := [line for line in lines if line]):
        raise typer.BadParameter(f"{path} holds no sentences; write one a line")
    return found


def _run(sweep: Sweep) -> Findings:
    """Measure under a progress bar on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("time left"), TimeRemainingColumn())
    with Progress(*columns, console=_err, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        sweep.progress = lambda stage, done: bar.update(task, description=stage, completed=done)
        return asyncio.run(sweep.run())


def _record(sweep: Sweep, findings: Findings) -> TuningRecord:
    from model_pool.tuning.store import Measured, TuningRecord

    verdict, load = findings.verdict, sweep.load
    measured = Measured(
        text=load.said,
        beam_size=load.options.beam_size,
        waiting_segments=load.waiting,
        seconds=sweep.seconds,
        sentences_per_second=round(verdict.chosen.rate, 2),
        rule_sentences_per_second=round(verdict.ruled.rate, 2),
        gain=round(verdict.gain, 4),
    )
    return TuningRecord.of(sweep.key, verdict.chosen.setting, measured)


def _as_json(reference: str, findings: Findings, record: TuningRecord, path: Path | None) -> dict[str, Any]:
    verdict = findings.verdict
    return {
        "reference": reference,
        "tried": [_row(one) for one in findings.tried],
        "chosen": _row(verdict.chosen),
        "rule": _row(verdict.ruled),
        "gain": verdict.gain,
        "noise": verdict.noise,
        "cpus_taken_by_others": findings.taken,
        "saved": None if path is None else str(path),
        "record": record.model_dump(mode="json"),
    }


def _row(one: Tried) -> dict[str, Any]:
    return {
        "inter_threads": one.setting.inter,
        "intra_threads": one.setting.intra,
        "max_items": one.setting.max_items,
        "max_tokens": one.setting.max_tokens,
        "sentences_per_second": one.rate,
        "median_latency_seconds": one.latency,
        "p95_latency_seconds": one.p95,
        "memory_growth_bytes": one.grown,
        "rounds": len(one.rounds),
        "sentences_a_round": one.sentences,
    }


def _print(reference: str, sweep: Sweep, findings: Findings, path: Path | None) -> None:
    verdict, load = findings.verdict, sweep.load
    table = Table("threads", "items", "tokens", "sent./s", "p50 ms", "p95 ms", "MiB", "rounds", "")
    for one in findings.tried:
        table.add_row(*_cells(one), _remark(one, findings), end_section=one == findings.finalists[-1])
    _out.print(table)
    pair = f"{load.pair.source} to {load.pair.target}"
    typer.echo(
        f"{reference}: {load.said}, {pair}, beam {load.options.beam_size}, {load.waiting} callers, {sweep.key.device} "
        f"as {sweep.key.compute_type}. Above the line: the finals; below it, a first look. "
        "MiB: memory in use above that before the load."
    )
    if verdict.chosen.sentences < load.waiting:
        typer.echo("Rounds were short: each caller was answered less than once. Give more --seconds.")
    if findings.disturbed:
        typer.echo(
            f"Other processes took {findings.taken:.1f} CPUs meanwhile, so this holds for that company only. "
            "Measure again when nothing else runs, or store it with --force."
        )
    typer.echo(f"Chosen: {verdict.chosen.setting}: {_why(findings)}.")
    typer.echo(f"Stored in {path}; a server uses it from its next start." if path else "Not stored.")


def _cells(one: Tried) -> tuple[str, ...]:
    setting = one.setting
    threads = f"{setting.inter} x {setting.intra}"
    times = f"{one.latency * 1000:.1f}", f"{one.p95 * 1000:.1f}"
    limits = str(setting.max_items), str(setting.max_tokens)
    return threads, *limits, f"{one.rate:.1f}", *times, f"{one.grown / _MEBIBYTE:.0f}", str(len(one.rounds))


def _remark(one: Tried, findings: Findings) -> str:
    remarks = []
    if one.setting == findings.verdict.ruled.setting:
        remarks.append("the rule")
    if one.setting == findings.verdict.chosen.setting:
        remarks.append("chosen")
    return ", ".join(remarks)


def _why(findings: Findings) -> str:
    verdict = findings.verdict
    if verdict.is_rule:
        return "the rule's own, as nothing beat it by more than noise"
    return f"{verdict.gain:.1%} more than the rule ({verdict.ruled.setting}), where {verdict.noise:.1%} would be noise"
