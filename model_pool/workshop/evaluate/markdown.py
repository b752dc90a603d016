"""report.md: tables for people; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from model_pool.workshop.evaluate.picking import Row
from model_pool.workshop.evaluate.tables import SIGNIFICANT, Table, alignment_table, quality_tables, speed_table


def markdown(figures: Mapping[str, Any], rows: Sequence[Row], plots: Sequence[str]) -> str:
    """Return the report."""
    return "\n".join(_lines(figures, rows, plots)) + "\n"


def _lines(figures: Mapping[str, Any], rows: Sequence[Row], plots: Sequence[str]) -> Iterable[str]:
    base, machine, options = figures["base"], figures["machine"], figures["options"]
    yield from ("# Evaluation", "", "```", figures["command"], "```", "")
    yield (
        f"{machine['processor']}, {machine['cpus']} CPUs, device {options['device']}, CTranslate2 "
        f"{machine['engine_version']}, load average {machine['load_average']}. Beam {options['beam']}, "
        f"{options['threads']} thread(s) a model. [Compare the translations](report.html)."
    )
    for table in quality_tables(figures):
        yield from ("", f"## {table.title}", "", *_rendered(table))
    yield from ("", _legend(base, options))
    timed = speed_table(figures)
    yield from ("", f"## {timed.title}", "", *_rendered(timed), "", _speed_legend(options))
    aligned = alignment_table(figures)
    if aligned:
        yield from ("", f"## {aligned.title}", "", *_rendered(aligned))
    for name in plots:
        yield from ("", f"![{name.removesuffix('.png').replace('-', ' ')}]({name})")
    if rows:
        yield from ("", "## Where they differ most", "", *_samples(rows))


def _rendered(table: Table) -> Iterable[str]:
    yield f"| | {' | '.join(table.columns)} |"
    yield f"|---|{'---:|' * len(table.columns)}"
    for row in table.rows:
        yield f"| {' | '.join(row)} |"


_LEGEND = (
    "exact: letter for letter; same words: whatever their case and punctuation; length: letters for each letter of the "
    "reference; omissions: outputs under half as long as the reference; repetitions: three times in a row what the "
    "source does not say so."
)


def _legend(base: str, options: Mapping[str, Any]) -> str:
    drawn = options["bootstrap"]
    parts = [_LEGEND]
    if drawn:
        parts.append(f"±: 95 % interval over {drawn} bootstrap samples.")
        if base:
            parts.append(f"*: differs from {base} with p < {SIGNIFICANT} (paired bootstrap).")
    return " ".join(parts)


def _speed_legend(options: Mapping[str, Any]) -> str:
    return (
        f"Medians of {options['rounds']} rounds, in each of which every model has a fresh process, in turns. Latency: "
        f"one sentence at a time; sentences/s and tokens/s: batches of {options['batch']}, the model's own target "
        "tokens; lowest and highest: of the rounds. Model MB: growth of resident memory while loading; process MB: all "
        "of it after the work, libraries included (torch alone takes 200)."
    )


def _samples(rows: Sequence[Row]) -> Iterable[str]:
    for row in rows:
        yield f"**{row['set']}**: {_plain(row['source'])}"
        yield ""
        yield "| | |"
        yield "|---|---|"
        if row["reference"] is not None:
            yield f"| *reference* | {_plain(row['reference'])} |"
        for name, text in row["outputs"].items():
            yield f"| {name} | {_plain(text)} |"
        yield ""


def _plain(text: str) -> str:
    """Return text that a table of Markdown shows as it is."""
    escaped = "".join(f"\\{sign}" if sign in "\\`*_{}[]<>|#~" else sign for sign in text)
    return escaped.replace("\n", " ")
