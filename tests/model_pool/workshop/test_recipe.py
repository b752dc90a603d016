from __future__ import annotations

from pathlib import Path

import pytest

from model_pool.workshop import steps
from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.recipe import read_recipe, run_recipe
from model_pool.workshop.workspace import Workspace

GOOD = """
seed = 3
workspace = "made"

[first]
step = "upper"
inputs = { text = "notes/*.txt" }

[second]
step = "upper"
inputs = { text = "@first" }
times = 2
seed = 4
"""


@pytest.fixture(autouse=True)
def upper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(steps.MODULES, "upper", "tests.model_pool.workshop.steps")


@pytest.fixture
def write(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    for name in ("a", "b"):
        (tmp_path / "notes" / f"{name}.txt").write_text(name)
    path = tmp_path / "recipe.toml"
    path.write_text(GOOD)
    return path


def test_each_stage_reads_what_earlier_ones_made(write: Path) -> None:
    recipe = read_recipe(write)
    assert recipe.workspace == write.parent / "made"
    made = [(stage.name, stage.seed, result) for stage, result in run_recipe(recipe, Workspace(recipe.workspace))]
    assert [(name, seed, result.found) for name, seed, result in made] == [("first", 3, False), ("second", 4, False)]
    assert (made[1][2].artifact.path / "text.txt").read_text() == "ABAB"


def test_second_run_finds_everything_and_a_changed_option_makes_only_what_depends_on_it(write: Path) -> None:
    workspace = Workspace(write.parent / "made")
    list(run_recipe(read_recipe(write), workspace))
    assert [result.found for _, result in run_recipe(read_recipe(write), workspace)] == [True, True]
    write.write_text(GOOD.replace("times = 2", "times = 5"))
    assert [result.found for _, result in run_recipe(read_recipe(write), workspace)] == [True, False]


def test_recipe_may_be_run_up_to_a_stage(write: Path) -> None:
    recipe = read_recipe(write)
    assert [stage.name for stage, _ in run_recipe(recipe, Workspace(recipe.workspace), until="first")] == ["first"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no steps"),
        ("[a", "cannot be read"),
        ("[a]\nx = 1", r"\[a\] needs step"),
        ('[a]\nstep = "uper"', r"no step 'uper'.*Did you mean 'upper'"),
        ('[a]\nstep = "upper"\ntims = 2', r"\[a\]: tims: .*Its options: times, fail, words"),
        ('[a]\nstep = "upper"\ntimes = 0', r"\[a\]: times: "),
        ('[a]\nstep = "upper"\ninputs = { text = "@b" }', r"inputs\.text is '@b', and no step before it"),
        ('[a]\nstep = "upper"\ninputs = { text = 3 }', r"inputs\.text is a path"),
        ('seed = "x"\n[a]\nstep = "upper"', "seed is a number"),
    ],
)
def test_mistake_in_a_recipe_is_told_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(RecipeInvalid, match=says):
        read_recipe(path)


def test_pattern_that_matches_nothing_is_an_error(write: Path) -> None:
    write.write_text(GOOD.replace("notes/*.txt", "notes/*.tsv"))
    recipe = read_recipe(write)
    with pytest.raises(RecipeInvalid, match=r"\[first\]: inputs\.text: there is nothing at notes/\*\.tsv"):
        list(run_recipe(recipe, Workspace(recipe.workspace)))
