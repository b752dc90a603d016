"""What a benchmark leaves behind: Markdown tables on stdout, JSON and PNG files in a directory; touches that."""

from __future__ import annotations

import importlib
import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Cell = str | int | float
Series = Mapping[str, tuple[Sequence[float], Sequence[float]]]
"""Legend -> (x values, y values)."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something to reach: at least `goal`, or at most it."""

    what: str
    measured: float
    goal: float
    at_most: bool = field(default=False, kw_only=True)

    @property
    def met(self) -> bool:
        return self.measured <= self.goal if self.at_most else self.measured >= self.goal

    def row(self) -> list[Cell]:
        sign = "<=" if self.at_most else ">="
        return [self.what, f"{sign} {_shown(self.goal)}", self.measured, "met" if self.met else "missed"]


@dataclass(slots=True)
class Report:
    """Collects the tables, targets and plots of one benchmark; `save` writes them."""

    name: str
    directory: Path
    quick: bool
    _tables: list[dict[str, Any]] = field(default_factory=list)
    _targets: list[Target] = field(default_factory=list)
    _notes: list[str] = field(default_factory=list)

    def table(self, title: str, headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """Print a table and keep it for the JSON."""
        print(f"\n{title}\n\n{markdown(headers, rows)}")
        self._tables.append({"title": title, "headers": list(headers), "rows": [list(row) for row in rows]})

    def note(self, text: str) -> None:
        """Say something that a reader of the numbers should know."""
        print(f"\nnote: {text}")
        self._notes.append(text)

    def cached(self, answers: int) -> None:
        """Warn where the server did not translate everything anew."""
        if answers:
            self.note(f"{answers} answers came from the server's cache and say nothing about translating")

    def targets(self, targets: Sequence[Target]) -> None:
        """Print what was reached."""
        self._targets += targets
        print(f"\nTargets\n\n{markdown(['what', 'goal', 'measured', ''], [target.row() for target in targets])}")

    def plot(self, title: str, x_label: str, y_label: str, series: Series, *, logarithmic: bool = False) -> None:
        """Write the curves to a PNG."""

        def draw(axes: Any) -> None:  # noqa: ANN401 - matplotlib is optional, and so are its types
            for label, (xs, ys) in series.items():
                axes.plot(xs, ys, marker="o", markersize=3, label=label)
            if logarithmic:
                axes.set_xscale("log", base=2)
                ticks = sorted({x for xs, _ in series.values() for x in xs})
                axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axes.set(xlabel=x_label, ylabel=y_label)
            axes.set_ylim(bottom=0)
            axes.legend()

        self._draw(title, draw)

    def bars(self, title: str, values: Mapping[str, float]) -> None:
        """Write a bar for each value to a PNG."""

        def draw(axes: Any) -> None:  # noqa: ANN401
            axes.bar_label(axes.bar(list(values), list(values.values())), fmt="%.0f")

        self._draw(title, draw)

    def _draw(self, title: str, draw: Callable[[Any], None]) -> None:
        try:
            pyplot = importlib.import_module("matplotlib.pyplot")
        except ImportError as error:
            print(f"\nno PNG: {error} (pip install matplotlib)")
            return
        pyplot.switch_backend("agg")
        figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
        draw(axes)
        axes.set_title(title + " (quick run)" * self.quick)
        axes.grid(alpha=0.3)
        path = self._path("png")
        figure.savefig(path, dpi=120)
        pyplot.close(figure)
        print(f"\nwrote {_short(path)}")

    def save(self) -> None:
        """Write the JSON and say where."""
        if self.quick:
            self.note("a quick run, to see that everything works: do not quote its numbers")
        record = {
            "benchmark": self.name,
            "quick": self.quick,
            "machine": _machine(),
            "tables": self._tables,
            "targets": [asdict(target) | {"met": target.met} for target in self._targets],
            "notes": self._notes,
        }
        path = self._path("json")
        path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        print(f"wrote {_short(path)}")

    def _path(self, suffix: str) -> Path:
        self.directory.mkdir(parents=True, exist_ok=True)
        return self.directory / f"{self.name}{'-quick' * self.quick}.{suffix}"


def markdown(headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Return a table that reads well as it is and pastes into Markdown; columns of numbers stand to the right."""
    cells = [list(headers), *([_shown(cell) for cell in row] for row in rows)]
    numeric = [all(not isinstance(row[column], str) for row in rows) for column in range(len(headers))]
    widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(headers))]
    rule = ["-" * (width - right) + ":" * right for width, right in zip(widths, numeric, strict=True)]
    lines = [
        [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        for row in (cells[0], rule, *cells[1:])
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _shown(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 1000 else f"{cell:.3g}" if abs(cell) < 100 else f"{cell:.1f}"
    return str(cell)


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "load_average": os.getloadavg()[0],
    }
