"""`babelpool workshop ...`: a command for each step, made from its options; parse, run, print."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast, get_args, get_origin

import typer
from pydantic.fields import FieldInfo
from rich.filesize import decimal
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command_from_info
from typer.models import CommandInfo

from app.cli.bars import Bars
from app.cli.plan import plan
from app.cli.shared import explained
from model_pool.workshop.artifact import Artifact, open_artifact
from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.recipe import Recipe, Stage, options_of, read_recipe, resolve_inputs, run_recipe
from model_pool.workshop.step import AnyStep, Estimate
from model_pool.workshop.steps import MODULES, find_step
from model_pool.workshop.workspace import Made, Workspace

_REST = ("workspace", "seed", "dry_run", "fresh", "as_json")

WorkspaceDir = Annotated[
    Path, typer.Option("--workspace", "-w", help="Where results are kept and found again.", show_default=True)
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and what it takes; write nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON, for programs.")]


class _Steps(TyperGroup):
    """Commands of the steps, whose modules are imported when one of them is named."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - typer's own click has no public name
        """See TyperGroup."""
        return [*super().list_commands(ctx), *MODULES]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - as above
        """See TyperGroup."""
        if cmd_name not in MODULES:
            return super().get_command(ctx, cmd_name)
        with explained():
            return _command(find_step(cmd_name))


workshop_app = typer.Typer(
    name="workshop",
    cls=_Steps,
    no_args_is_help=True,
    help="Prepare checkpoints: train, distil, quantize, evaluate. Every step writes a new directory with its lineage.",
    epilog="Start with: babelpool workshop run recipes/embedded-en-pt.toml --dry-run",
)
workshop_app.command()(plan)


@workshop_app.command()
def run(
    recipe: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A TOML file of steps.")],
    until: Annotated[str, typer.Option(help="Stop after this step.")] = "",
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help="Where results are kept; the recipe's own by default.")
    ] = None,
    dry_run: DryRun = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Run a recipe. What was made before from the same inputs is found, what was interrupted goes on.

    Example:  babelpool workshop run recipes/embedded-en-pt.toml --dry-run
    """
    with explained():
        read = read_recipe(recipe)
        root = workspace or read.workspace
        if dry_run:
            return _say_recipe(read, Workspace(root), as_json=as_json)
        with Bars() as bars:
            made = {}
            for stage, result in run_recipe(read, Workspace(root, bars), until=until):
                made[stage.name] = _summary(stage.step.name, result)
                bars.say(_line(stage.name, result))
        if as_json:
            typer.echo(json.dumps(made, indent=2, ensure_ascii=False))
    return None


def _command(step: AnyStep) -> TyperCommand:
    """Make a command of a step: an option for each input, then one for each field of its options."""

    def call(**given: Any) -> None:  # noqa: ANN401 - what the command line parsed
        own = {name: given.pop(name) for name in _REST}
        with explained():
            paths = {name: given.pop(name) for name in step.inputs} | _others(given.pop("others", None) or ())
            inputs = {name: open_artifact(one) for name, one in paths.items() if one}
            values = {name: value for name, value in given.items() if value is not None}
            options = options_of(step, values, step.name)
            _make(step, inputs, options, own)

    parameters = list(_parameters(step))
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in parameters}
    call.__doc__ = f"{step.summary}\n\nExample:  {step.example}"
    info = CommandInfo(name=step.name, callback=call, help=call.__doc__)
    command = get_command_from_info(info, pretty_exceptions_short=True, rich_markup_mode="rich")
    return cast("TyperCommand", command)


def _make(step: AnyStep, inputs: Mapping[str, Artifact], options: Any, own: Mapping[str, Any]) -> None:  # noqa: ANN401
    workspace: Path = own["workspace"]
    if own["dry_run"]:
        estimate = Workspace(workspace).estimate(step, inputs, options, seed=own["seed"])
        if own["as_json"]:
            return typer.echo(json.dumps(_estimated(estimate), indent=2))
        return typer.echo(_told(step.name, estimate))
    with Bars() as bars:
        made = Workspace(workspace, bars).make(step, inputs, options, seed=own["seed"], fresh=own["fresh"])
    if own["as_json"]:
        return typer.echo(json.dumps(_summary(step.name, made), indent=2, ensure_ascii=False))
    return typer.echo(_line(step.name, made))


def _others(given: Sequence[str]) -> dict[str, list[Path]]:
    """Return what `--with NAME=PATH` gives, several paths of a name together. Raises RecipeInvalid."""
    paths: dict[str, list[Path]] = {}
    for one in given:
        name, _, path = one.partition("=")
        if not name or not path:
            raise RecipeInvalid(f"--with {one}: write a name and a path, as in --with student=build/train-1a2b.")
        paths.setdefault(name, []).append(Path(path))
    return paths


def _parameters(step: AnyStep) -> Iterator[inspect.Parameter]:
    for name, wanted in step.inputs.items():
        told = typer.Option(f"--{_dashed(name)}", help=f"{wanted.help} ({' or '.join(wanted.kinds)}); repeat for files")
        yield _parameter(name, Annotated[list[Path] | None, told], None)
    if step.others is not None:
        told = typer.Option(
            "--with", metavar="NAME=PATH", help=f"{step.others.help} ({' or '.join(step.others.kinds)})"
        )
        yield _parameter("others", Annotated[list[str] | None, told], None)
    for name, field in step.options.model_fields.items():
        told = typer.Option(*_names(name, field), help=_help(field))
        yield _parameter(name, Annotated[_plain(field.annotation) | None, told], None)
    yield _parameter("workspace", WorkspaceDir, Path("build"))
    yield _parameter("seed", Annotated[int, typer.Option(help="Of everything that is drawn at random.")], 1)
    yield _parameter("dry_run", DryRun, default=False)
    yield _parameter(
        "fresh", Annotated[bool, typer.Option("--fresh", help="Begin anew what was interrupted.")], default=False
    )
    yield _parameter("as_json", AsJson, default=False)


def _parameter(name: str, annotation: Any, default: object) -> inspect.Parameter:  # noqa: ANN401 - a type
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _names(name: str, field: FieldInfo) -> list[str]:
    dashed = _dashed(name)
    return [f"--{dashed}/--no-{dashed}"] if field.annotation is bool else [f"--{dashed}"]


def _help(field: FieldInfo) -> str:
    default = "" if field.is_required() else f" Default: {_shown(field.default)}."
    return f"{field.description or ''}{default}"


def _shown(value: object) -> str:
    if isinstance(value, tuple | list):
        return " ".join(map(str, value)) or "none"
    return str(value) if value not in {None, ""} else "none"


def _plain(annotation: Any) -> Any:  # noqa: ANN401 - a type
    """Return what typer can parse: lists for tuples, text for what only pydantic understands."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {tuple, list, frozenset}:
        return list[_plain(arguments[0])]  # type: ignore[misc]
    if isinstance(annotation, type) and issubclass(annotation, bool | int | float | str | Path):
        return annotation
    others = [one for one in arguments if one is not type(None)]
    return _plain(others[0]) if len(others) == 1 else str


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _say_recipe(recipe: Recipe, workspace: Workspace, *, as_json: bool) -> None:
    """Tell what each stage takes; what reads a result that is not there yet cannot be estimated."""
    made: dict[str, Artifact] = {}
    told = {}
    for stage in recipe.stages:
        told[stage.name] = _stage_estimate(recipe, stage, workspace, made)
        if not as_json:
            typer.echo(told[stage.name]["told"])
    if as_json:
        typer.echo(json.dumps(told, indent=2))


def _stage_estimate(recipe: Recipe, stage: Stage, workspace: Workspace, made: dict[str, Artifact]) -> dict[str, Any]:
    asked = (one[1:] for paths in stage.inputs.values() for one in paths if one.startswith("@"))
    waits = list(dict.fromkeys(name for name in asked if name not in made))
    if waits:
        are = "are" if len(waits) > 1 else "is"
        return {"told": f"{stage.name}: {stage.step.name}, once {', '.join(waits)} {are} there", "waits_for": waits}
    inputs = resolve_inputs(recipe, stage, made)
    estimate = workspace.estimate(stage.step, inputs, stage.options, seed=stage.seed)
    if estimate is None:
        made[stage.name] = workspace.make(stage.step, inputs, stage.options, seed=stage.seed).artifact
    return {"told": f"{stage.name}: {_told(stage.step.name, estimate)}", **_estimated(estimate)}


def _told(name: str, estimate: Estimate | None) -> str:
    if estimate is None:
        return f"{name}: made already"
    parts = [name]
    if estimate.seconds is not None:
        parts.append(f"about {_duration(estimate.seconds)}")
    if estimate.memory_bytes is not None:
        parts.append(f"{decimal(estimate.memory_bytes)} of memory")
    if estimate.disk_bytes is not None:
        parts.append(f"{decimal(estimate.disk_bytes)} of disk")
    return "\n  ".join([", ".join(parts), *estimate.notes])


def _estimated(estimate: Estimate | None) -> dict[str, Any]:
    if estimate is None:
        return {"made": True}
    return {
        "made": False,
        "seconds": estimate.seconds,
        "memory_bytes": estimate.memory_bytes,
        "disk_bytes": estimate.disk_bytes,
        "notes": list(estimate.notes),
    }


def _summary(step: str, made: Made) -> dict[str, Any]:
    lineage = made.artifact.lineage
    return {
        "step": step,
        "path": str(made.artifact.path),
        "kind": made.artifact.kind,
        "digest": made.artifact.digest,
        "found": made.found,
        "seconds": round(made.seconds, 3),
        "figures": lineage.figures if lineage else {},
    }


def _line(name: str, made: Made) -> str:
    how = "made already" if made.found else f"made in {_duration(made.seconds)}"
    return f"{name}: {made.artifact.path} ({made.artifact.kind}, {how})"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
