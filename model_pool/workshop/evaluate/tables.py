"""The tables of a report: which figures of models stand in which columns; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]
Cell = Callable[[Values], str | None]


SIGNIFICANT = 0.05
"""A difference that chance makes less often than this has a star."""


@dataclass(frozen=True, slots=True)
class Table:
    """Text to show. Each row begins with the name of its model."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and what of a model's values stands under it; None where it was not measured."""

    title: str
    cell: Cell


def _number(key: str, places: int) -> Cell:
    return lambda values: f"{values[key]:.{places}f}" if values.get(key) is not None else None


def _percent(key: str) -> Cell:
    return lambda values: f"{100 * values[key]:.1f} %" if values.get(key) is not None else None


def _megabytes(key: str) -> Cell:
    return lambda values: f"{values[key] / 1e6:.1f}" if values.get(key) is not None else None


def _with_interval(key: str) -> Cell:
    def cell(values: Values) -> str | None:
        if values.get(key) is None:
            return None
        interval, chance = values.get(f"{key}_interval"), values.get(f"{key}_p")
        half = f" ± {interval:.1f}" if interval is not None else ""
        return f"{values[key]:.2f}{half}{' *' if chance is not None and chance < SIGNIFICANT else ''}"

    return cell


_QUALITY = (
    Column("BLEU", _with_interval("bleu")),
    Column("chrF", _with_interval("chrf")),
    Column("TER", _number("ter", 1)),
    Column("COMET", _number("comet", 4)),
    Column("exact", _percent("exact")),
    Column("same words", _percent("near")),
    Column("perplexity", _number("perplexity", 2)),
    Column("bits/letter", _number("bits_per_letter", 3)),
    Column("length", _number("length_ratio", 3)),
    Column("omissions", _percent("omission")),
    Column("repetitions", _percent("repetition")),
    Column("cut off", _percent("truncated")),
)

_BASE = (
    Column("chrF to {base}", _number("base_chrf", 2)),
    Column("BLEU to {base}", _number("base_bleu", 2)),
    Column("same as {base}", _percent("base_exact")),
)

_SPEED = (
    Column("kind", lambda values: str(values["kind"])),
    Column("computes in", lambda values: str(values["compute_type"])),
    Column("files MB", _megabytes("bytes")),
    Column("p50 ms", _number("latency_p50_ms", 1)),
    Column("p95 ms", _number("latency_p95_ms", 1)),
    Column("sentences/s", _number("sentences_s", 1)),
    Column("lowest", _number("sentences_s_lowest", 1)),
    Column("highest", _number("sentences_s_highest", 1)),
    Column("tokens/s", _number("tokens_s", 0)),
    Column("load s", _number("load_seconds", 2)),
    Column("model MB", _megabytes("model_bytes")),
    Column("process MB", _megabytes("rss")),
    Column("alone as in a batch", _percent("alone_as_batched")),
)

_ALIGNMENT = (
    Column("tokens", _number("tokens", 0)),
    Column("attention elsewhere", _percent("total_variation")),
    Column("strongest moved", _percent("moved")),
    Column("sharpness", _number("sharpness", 3)),
    Column("sharpness of {base}", _number("base_sharpness", 3)),
)


def quality_tables(figures: Values) -> Iterator[Table]:
    """Yield a table for each test set."""
    for name, one in figures["sets"].items():
        yield _table(f"{name}: {one['sentences']} sentences", one["models"], (*_QUALITY, *_BASE), figures["base"])


def speed_table(figures: Values) -> Table:
    """Return speed, memory and size of every model."""
    models = {name: {**one, **one["speed"]} for name, one in figures["models"].items()}
    return _table("Speed, memory, size", models, _SPEED, figures["base"])


def alignment_table(figures: Values) -> Table | None:
    """Return how attention differs from the base's, if that was measured."""
    models = {name: one["alignment"] for name, one in figures["models"].items() if one["alignment"]}
    base = figures["base"]
    return _table(f"Attention, reading the translations of {base}", models, _ALIGNMENT, base) if models else None


def _table(title: str, models: Mapping[str, Values], columns: Sequence[Column], base: str) -> Table:
    """Return a table without the columns that nobody has a value for."""
    cells = {column.title.format(base=base): [column.cell(values) for values in models.values()] for column in columns}
    shown = {heading: column for heading, column in cells.items() if any(column)}
    rows = [(name, *(column[place] or "" for column in shown.values())) for place, name in enumerate(models)]
    return Table(title, tuple(shown), tuple(rows))
