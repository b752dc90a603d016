"""What the commands have in common: their options, and Babelpool configurations made from them; reads files named."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import sentences
from benchmarks.report import Report
from model_pool.errors import PoolError

_RESULTS = Path(__file__).resolve().parent / "results"
_QUICK_SECONDS = 1.0
_QUICK_SENTENCES = 200


@dataclass(frozen=True, slots=True)
class Common:
    """The options that every command has. texts: the sentences to send."""

    report: Report
    quick: bool
    seconds: float
    texts: list[str]
    settings: dict[str, str]


def parser(name: str, doc: str | None, *, seconds: float = 0) -> argparse.ArgumentParser:
    """Return a parser with the common options.

    doc: the command's docstring, which is its help. seconds: 0 where the work and not the time is given.
    """
    made = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.set_defaults(name=name, seconds=seconds)
    made.add_argument("--quick", action="store_true", help="see that it works, in seconds; the numbers mean nothing")
    if seconds:
        how = f"length of each measurement (default {seconds:g})"
        made.add_argument("--seconds", type=float, default=seconds, metavar="S", help=how)
    made.add_argument(
        "--sentences", type=Path, metavar="FILE", help="translate this file's lines instead of the generated sentences"
    )
    made.add_argument(
        "--count", type=int, default=1000, metavar="N", help="distinct sentences in use (default %(default)s)"
    )
    made.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="a setting of the measured server, such as batching.max_items=32; may be given several times",
    )
    made.add_argument(
        "--output", type=Path, default=_RESULTS, metavar="DIR", help="where JSON and PNG go (benchmarks/results)"
    )
    return made


def common(arguments: argparse.Namespace) -> Common:
    """Read the common options. Ends the program with a message where one makes no sense."""
    count = min(arguments.count, _QUICK_SENTENCES) if arguments.quick else arguments.count
    try:
        texts = sentences.read(arguments.sentences, count) if arguments.sentences else sentences.generated(count)
        settings = dict(_setting(text) for text in arguments.set)
    except (OSError, ValueError) as error:
        raise SystemExit(f"error: {error}") from None
    return Common(
        report=Report(arguments.name, arguments.output, arguments.quick),
        quick=arguments.quick,
        seconds=_QUICK_SECONDS if arguments.quick else arguments.seconds,
        texts=texts,
        settings=settings,
    )


def command(main: Callable[[], None]) -> None:
    """Run a benchmark; what stops it is said without a traceback."""
    try:
        main()
    except (RuntimeError, PoolError) as error:
        raise SystemExit(f"error: {error}") from None


def tier(name: str, checkpoints: Sequence[str], options: Mapping[str, object] | None = None) -> str:
    """Return one tier as TOML. options: further keys of the tier; strings, numbers and truth values."""
    lines = [f"[tiers.{name}]", f"checkpoints = [{', '.join(map(_toml, checkpoints))}]"]
    return "\n".join([*lines, *(f"{key} = {_toml(value)}" for key, value in (options or {}).items()), ""])


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else f'"{value}"'


def _setting(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not path or not equals:
        raise ValueError(f"--set {text}: write PATH=VALUE, as in batching.max_items=32")
    return path, value
