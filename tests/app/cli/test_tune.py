"""`babelpool tune` as a person or a program sees it; on the real engine, for next to no time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.commands import cli
from app.composition import make_loader, make_planner
from app.settings import Settings, load_settings
from model_pool.catalog.catalog import Catalog
from model_pool.replica import make_spec
from model_pool.tuning.plan import Origin

QUICK = ("--seconds", "0", "--load", "4")


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("BABELPOOL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def tune(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["tune", *arguments])
    assert result.exit_code == status, result.output
    return result


def test_tuning_is_measured_told_stored_and_then_used(data_dir: Path) -> None:
    result = tune("embedded/en-pt", *QUICK, "--beam", "2", "--force")
    for said in ("the rule", "Chosen: ", "the package's sentences in en", "beam 2", "4 callers", "Stored in "):
        assert said in result.stdout
    (path,) = data_dir.glob("tunings/*/*.json")
    assert json.loads(path.read_text(encoding="utf-8"))["measured"]["waiting_segments"] == 4

    settings: Settings = load_settings()
    plan = make_spec(make_loader(), Catalog(data_dir).resolve("embedded/en-pt"), planner=make_planner(settings)).plan
    assert plan.threads_from is plan.batch_from is Origin.TUNED
    shown = json.loads(CliRunner().invoke(cli, ["models", "inspect", "embedded/en-pt", "--json"]).stdout)
    assert shown["tunings"][0]["max_items"] == plan.setting.max_items

    assert "1 tunings removed" in tune("embedded/en-pt", "--clear").stdout
    assert not path.exists()


def test_json_is_for_programs_and_a_dry_run_stores_nothing(data_dir: Path) -> None:
    Path("ours.txt").write_text("The house is red.\n\nShall we walk?\n", encoding="utf-8")
    result = tune("embedded/en-pt", *QUICK, "--json", "--no-save", "--sentences", "ours.txt")
    told = json.loads(result.stdout)
    assert told["saved"] is None
    assert told["record"]["measured"]["text"] == "2 given sentences"
    assert told["chosen"] in told["tried"]
    assert told["rule"] in told["tried"]
    assert all(one["sentences_per_second"] > 0 for one in told["tried"])
    assert not data_dir.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("embedded/xx",), "There are: embedded/en-pt, embedded/pt-en."),
        (("org/name",), "babelpool pull org/name"),
        (("embedded/en-pt", "--from", "de"), "does not translate from de"),
        (("embedded/en-pt", "--compute-type", "nonsense"), "is not possible on cpu"),
    ],
)
@pytest.mark.usefixtures("data_dir")
def test_mistake_is_one_sentence_and_exit_code_1(arguments: tuple[str, ...], sentence: str) -> None:
    result = tune(*arguments, *QUICK, status=1)
    assert sentence in result.stderr
    assert result.stderr.startswith("babelpool: ")


@pytest.mark.parametrize(("taken", "stored"), [(0.0, 1), (99.0, 0)])
def test_what_others_disturbed_is_told_and_not_stored(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, taken: float, stored: int
) -> None:
    monkeypatch.setattr("model_pool.tuning.sweep.taken_since", lambda _: taken)
    told = tune("embedded/en-pt", *QUICK).stdout
    assert ("Measure again when nothing else runs" in told) is not bool(stored)
    assert len(list(data_dir.glob("tunings/*/*.json"))) == stored


@pytest.mark.usefixtures("data_dir")
def test_place_that_cannot_be_written_is_refused_before_the_measuring(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"in the way")
    assert "cannot be written" in tune("embedded/en-pt", "--seconds", "900", status=1).stderr


@pytest.mark.usefixtures("data_dir")
def test_empty_file_of_sentences_is_refused() -> None:
    Path("empty.txt").write_text("\n", encoding="utf-8")
    tune("embedded/en-pt", "--sentences", "empty.txt", status=2)
