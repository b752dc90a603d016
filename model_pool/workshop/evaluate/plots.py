"""Quality against speed and against size, as PNG; imports matplotlib, touches disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import fmean
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

_MARKS = {"servable": "o", "trainable": "s", "marian": "^"}
_COLOURS = (
    "#0b6e99",
    "#c4531b",
    "#6d3f8c",
    "#2e7d32",
    "#b8860b",
    "#ad1457",
    "#455a64",
    "#00838f",
    "#5d4037",
    "#9e9d24",
)
_LEAST_SPAN = 4.0
"""chrF points."""


@dataclass(frozen=True, slots=True)
class _Plot:
    name: str
    title: str
    label: str


_SPEED = _Plot("quality-speed.png", "Quality against speed", "sentences a second, in batches (further right is better)")
_SIZE = _Plot("quality-size.png", "Quality against size", "files, MB (further left is better)")


def plot(directory: Path, figures: Mapping[str, Any]) -> list[str]:
    """Write what there are figures for, and return the names of the files."""
    quality, label = _quality(figures)
    models = figures["models"]
    timed = {name: one["speed"]["sentences_s"] for name, one in models.items() if one["speed"]}
    sizes = {name: one["bytes"] / 1e6 for name, one in models.items()}
    written = []
    for which, across in ((_SPEED, timed), (_SIZE, sizes)):
        names = [name for name in models if name in across and name in quality]
        if names:
            points = {name: (across[name], quality[name], models[name]["kind"]) for name in names}
            _draw(directory / which.name, which, label, points)
            written.append(which.name)
    return written


def _quality(figures: Mapping[str, Any]) -> tuple[dict[str, float], str]:
    """Return chrF by model, a mean of the sets: against references, or against the base where there are none."""
    sets = list(figures["sets"].values())
    key, label = ("chrf", "chrF, mean of the test sets")
    if not any(one["references"] for one in sets):
        key, label = "base_chrf", f"chrF to {figures['base']}, mean of the test sets"
    found: dict[str, float] = {}
    for name in figures["models"]:
        values = [one["models"][name][key] for one in sets if key in one["models"][name]]
        if values:
            found[name] = fmean(values)
    return found, label


def _limits(values: Sequence[float]) -> tuple[float, float]:
    """Return where the axis begins and ends: never so close that a difference of nothing looks like one."""
    middle, half = (max(values) + min(values)) / 2, (max(values) - min(values)) / 2
    room = max(_LEAST_SPAN / 2, 1.4 * half)
    return middle - room, middle + room


def _draw(path: Path, which: _Plot, label: str, points: Mapping[str, tuple[float, float, str]]) -> None:
    figure = Figure(figsize=(8.5, 4.5), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    for (name, (across, up, kind)), colour in zip(points.items(), cycle(_COLOURS), strict=False):
        axes.scatter([across], [up], s=80, color=colour, marker=_MARKS[kind], label=f"{name} ({kind})", zorder=3)
    axes.set_xscale("log")
    for formatter in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        formatter(LogFormatter(minor_thresholds=(2, 0.5)))
    axes.margins(x=0.15)
    axes.set_ylim(*_limits([up for _, up, _ in points.values()]))
    axes.set(title=which.title, xlabel=which.label, ylabel=label)
    axes.grid(visible=True, which="both", alpha=0.25)
    figure.legend(loc="outside right upper", fontsize=8)
    figure.savefig(path, metadata={"Software": None})
