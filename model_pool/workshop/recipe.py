"""A recipe: a TOML file of steps, each reading files or what an earlier one made; touches disk.

seed = 1
workspace = "build"                      # beside the recipe, where relative

[student]                                # a name of your own
step = "distil"                          # babelpool workshop --help lists them
inputs = { teacher = "@teacher", corpus = "data/*.tsv.gz" }
minutes = 20                             # the step's options
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from model_pool.workshop.artifact import Artifact, open_artifact
from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.step import AnyStep, StepOptions
from model_pool.workshop.steps import find_step
from model_pool.workshop.workspace import Made, Workspace

_OWN = frozenset({"step", "inputs", "seed"})


@dataclass(frozen=True, slots=True)
class Stage:
    """One table of a recipe. inputs: name -> "@stage", or a path or pattern relative to the recipe."""

    name: str
    step: AnyStep
    inputs: Mapping[str, tuple[str, ...]]
    options: StepOptions
    seed: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """path: the file. workspace: where the artifacts are."""

    path: Path
    workspace: Path
    stages: tuple[Stage, ...]


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe. Raises RecipeInvalid naming the table and the key at fault."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeInvalid(f"{path} cannot be read: {error}") from error
    seed, workspace = raw.pop("seed", 1), raw.pop("workspace", "build")
    if not isinstance(seed, int) or not isinstance(workspace, str):
        raise RecipeInvalid(f"{path}: seed is a number and workspace a path.")
    stages: list[Stage] = []
    for name, table in raw.items():
        stages.append(_stage(path, name, table, seed, [stage.name for stage in stages]))
    if not stages:
        raise RecipeInvalid(f"{path} has no steps: add a table such as [student] with step = ...")
    return Recipe(path, path.parent / Path(workspace).expanduser(), tuple(stages))


def run_recipe(recipe: Recipe, workspace: Workspace, *, until: str = "") -> Iterator[tuple[Stage, Made]]:
    """Make each stage in order; what was made before is found. until: the last stage to make. Raises WorkshopError."""
    made: dict[str, Artifact] = {}
    for stage in recipe.stages:
        inputs = resolve_inputs(recipe, stage, made)
        result = workspace.make(stage.step, inputs, stage.options, seed=stage.seed)
        made[stage.name] = result.artifact
        yield stage, result
        if stage.name == until:
            return


def resolve_inputs(recipe: Recipe, stage: Stage, made: Mapping[str, Artifact]) -> dict[str, Artifact]:
    """Return the artifacts that a stage reads. Raises RecipeInvalid, ArtifactInvalid."""
    return {name: _resolved(recipe, stage, name, given, made) for name, given in stage.inputs.items()}


def options_of(step: AnyStep, values: Mapping[str, Any], where: str) -> StepOptions:
    """Check options. Raises RecipeInvalid naming the first at fault and what there is."""
    try:
        options: StepOptions = step.options.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "options"
        known = f" Its options: {', '.join(step.options.model_fields)}." if first["type"] == "extra_forbidden" else ""
        raise RecipeInvalid(f"{where}: {name}: {first['msg']}.{known}") from error
    return options


def _stage(path: Path, name: str, table: object, seed: int, before: list[str]) -> Stage:
    where = f"{path}: [{name}]"
    if not isinstance(table, dict) or not isinstance(table.get("step"), str):
        raise RecipeInvalid(f"{where} needs step = ..., the name of a step.")
    step = find_step(table["step"])
    inputs = {key: _listed(where, key, value) for key, value in dict(table.get("inputs", {})).items()}
    for key, values in inputs.items():
        for value in values:
            if value.startswith("@") and value[1:] not in before:
                raise RecipeInvalid(f"{where}: inputs.{key} is {value!r}, and no step before it is called so.")
    options = options_of(step, {key: value for key, value in table.items() if key not in _OWN}, where)
    return Stage(name, step, inputs, options, int(table.get("seed", seed)))


def _listed(where: str, key: str, value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(one, str) for one in values):
        raise RecipeInvalid(f"{where}: inputs.{key} is a path, a list of paths, or @ and the name of an earlier step.")
    return tuple(values)


def _resolved(
    recipe: Recipe, stage: Stage, name: str, given: tuple[str, ...], made: Mapping[str, Artifact]
) -> Artifact:
    if len(given) == 1 and given[0].startswith("@"):
        return made[given[0][1:]]
    paths: list[Path] = []
    for one in given:
        paths += made[one[1:]].paths if one.startswith("@") else _matching(recipe, stage, name, one)
    return open_artifact(paths)


def _matching(recipe: Recipe, stage: Stage, name: str, pattern: str) -> list[Path]:
    whole = Path(pattern).expanduser()
    base, rest = (
        (Path(whole.anchor), str(whole.relative_to(whole.anchor)))
        if whole.is_absolute()
        else (recipe.path.parent, str(whole))
    )
    found = sorted(base.glob(rest)) if any(sign in rest for sign in "*?[") else [base / rest]
    if not found or not all(path.exists() for path in found):
        raise RecipeInvalid(f"{recipe.path}: [{stage.name}]: inputs.{name}: there is nothing at {pattern}.")
    return found
