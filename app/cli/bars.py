"""Progress of a workshop step as a bar on standard error: how much, how fast, how long still, and its figures."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_err = Console(stderr=True)


class Bars:
    """A `model_pool.workshop.progress.Progress` that draws; without a terminal it says phases only."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[amount]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=_err,
            disable=not _err.is_terminal,
        )
        self._task: TaskID | None = None
        self._unit = ""

    def __enter__(self) -> Bars:
        """Begin to draw."""
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave the bars as they are."""
        self._bars.stop()

    def phase(self, name: str, total: float | None, unit: str = "") -> None:
        """See Progress."""
        self._unit = unit
        self._task = self._bars.add_task(name, total=total, amount="", figures="")
        if not _err.is_terminal:
            self.say(f"{name} ...")

    def advance(self, amount: float, **figures: float) -> None:
        """See Progress."""
        if self._task is None:
            return
        self._bars.advance(self._task, amount)
        task = self._bars.tasks[self._task]
        speed = f" {task.speed:,.0f} {self._unit}/s" if task.speed and self._unit else ""
        told = " ".join(f"{name} {value:.4g}" for name, value in figures.items())
        fields = {"amount": f"{task.completed:,.0f}{speed}"} | ({"figures": told} if told else {})
        self._bars.update(self._task, **fields)  # type: ignore[arg-type]

    def say(self, message: str) -> None:
        """See Progress."""
        _err.print(message, markup=False, highlight=False, soft_wrap=True)
