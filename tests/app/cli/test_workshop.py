"""`babelpool workshop` as a person or a program sees it, over a small step and its recipe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.commands import cli
from model_pool.workshop import steps


@pytest.fixture(autouse=True)
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(steps.MODULES, "upper", "tests.model_pool.workshop.steps")
    (tmp_path / "notes.txt").write_text("some notes")
    (tmp_path / "recipe.toml").write_text(
        '[first]\nstep = "upper"\ninputs = { text = "notes.txt" }\n'
        '[second]\nstep = "upper"\ninputs = { text = "@first" }\ntimes = 2\n'
    )
    return tmp_path


def workshop(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["workshop", *arguments])
    assert result.exit_code == status, result.output
    return result


def test_help_lists_the_steps_and_each_step_teaches_its_options() -> None:
    assert "Write a text in capitals." in workshop("--help").stdout
    told = workshop("upper", "--help").stdout
    for said in ("--times", "How often to repeat the text. Default: 1.", "--no-fail", "--dry-run", "Example:"):
        assert said in told


@pytest.mark.parametrize("name", sorted(steps.MODULES))
def test_every_step_can_be_asked_for_help(name: str) -> None:
    assert "--dry-run" in workshop(name, "--help").stdout


def test_step_runs_once_and_is_found_then(notes: Path) -> None:
    first = json.loads(workshop("upper", "--text", "notes.txt", "--times", "2", "--words", "!", "--json").stdout)
    second = json.loads(workshop("upper", "--text", "notes.txt", "--times", "2", "--words", "!", "--json").stdout)
    assert (first["found"], second["found"], first["path"]) == (False, True, second["path"])
    assert first["figures"] == {"letters": 10, "runs": 1}
    assert (Path(first["path"]) / "text.txt").read_text() == "SOME NOTES" * 2 + "!"


def test_dry_run_of_a_step_writes_nothing(notes: Path) -> None:
    assert "about 3.0 s" in workshop("upper", "--text", "notes.txt", "--times", "3", "--dry-run").stdout
    assert not (notes / "build").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("upper",), "needs the input 'text'"),
        (("upper", "--text", "gone.txt"), "gone.txt"),
        (("upper", "--text", "notes.txt", "--times", "0"), "times: "),
        (("run", "bad.toml"), "no step 'uper'"),
    ],
)
def test_mistake_ends_with_one_sentence_and_a_status(notes: Path, arguments: tuple[str, ...], says: str) -> None:
    (notes / "bad.toml").write_text('[a]\nstep = "uper"')
    result = workshop(*arguments, status=1)
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_recipe_is_told_run_and_found(notes: Path) -> None:
    dry = workshop("run", "recipe.toml", "--dry-run").stdout
    assert "first: upper, about 1.0 s" in dry
    assert "second: upper, once first is there" in dry
    made = json.loads(workshop("run", "recipe.toml", "--json").stdout)
    assert [(name, one["found"]) for name, one in made.items()] == [("first", False), ("second", False)]
    assert (Path(made["second"]["path"]) / "text.txt").read_text() == "SOME NOTESSOME NOTES"
    assert "second: upper: made already" in workshop("run", "recipe.toml", "--dry-run").stdout
    again = workshop("run", "recipe.toml")
    assert again.stderr.count("made already") == 2


def test_recipe_stops_where_it_is_told() -> None:
    assert list(json.loads(workshop("run", "recipe.toml", "--until", "first", "--json").stdout)) == ["first"]


def test_inputs_of_ones_own_names_are_given_with_with(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(steps.MODULES, "evaluate", "model_pool.workshop.evaluate.step")
    assert "--with" in workshop("evaluate", "--help").stdout
    told = workshop("evaluate", "--with", "mine=notes.txt", status=1).output
    assert "evaluate needs a model and a test set" in told
    assert "write a name and a path" in workshop("evaluate", "--with", "notes.txt", status=1).output


def test_step_without_inputs_of_ones_own_names_has_no_with() -> None:
    assert "--with" not in workshop("upper", "--help").stdout
