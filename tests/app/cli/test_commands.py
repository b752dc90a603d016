from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import main
from app.cli.commands import cli
from app.cli.offline import _chunks
from tests.embedded import HOUSE_IN_PORTUGUESE, WALK_IN_PORTUGUESE


def run(*arguments: str, stdin: bytes | None = None, status: int = 0) -> str:
    result = CliRunner().invoke(cli, ["translate", *arguments], input=stdin)
    assert result.exit_code == status, result.output
    return result.stdout_bytes.decode()


def test_text_is_translated_without_a_server() -> None:
    assert run("The house is red.", "--from", "en", "--to", "pt") == f"{HOUSE_IN_PORTUGUESE}\n"


def test_standard_input_comes_out_byte_for_byte_but_for_the_words() -> None:
    given = "\ufeffThe house is red.\r\n\r\n\t- Shall we walk?".encode()
    said = run("--from", "en", "--to", "pt", stdin=given)
    assert said == f"\ufeff{HOUSE_IN_PORTUGUESE}\r\n\r\n\t- {WALK_IN_PORTUGUESE}"


def test_file_is_translated_into_a_file_and_its_language_found(tmp_path: Path) -> None:
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("The house is red and the garden is green.\n" * 150, encoding="utf-8")
    run("--to", "pt", "--file", str(source), "--output", str(target), "--tier", "medium")
    lines = target.read_text(encoding="utf-8").splitlines()
    assert lines == [f"{HOUSE_IN_PORTUGUESE[:-1]} e o jardim é verde."] * 150


@pytest.mark.parametrize(
    "text", ["", "a\n", "\n\n", "x" * 9000, "line one\r\n" * 1000, "tail without end\n" * 700 + "x"]
)
def test_chunks_add_up_to_the_text(text: str) -> None:
    chunks = list(_chunks(text))
    assert "".join(chunks) == text
    assert all(chunk.endswith("\n") for chunk in chunks[:-1])


def test_text_and_file_together_are_refused(tmp_path: Path) -> None:
    run("hello", "--to", "pt", "--file", str(tmp_path / "x"), status=2)


def test_file_that_is_not_there_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    latin = tmp_path / "latin.txt"
    latin.write_bytes("é".encode("latin-1"))
    for path in (latin, tmp_path / "nowhere"):
        run("--to", "pt", "--file", str(path), status=2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["translate", "hi", "--from", "en", "--to", "pt", "--tier", "gold"], "There is no tier 'gold'"),
        (["translate", "hi", "--from", "en", "--to", "fr"], "'fr' (French) is not served"),
        (["serve", "--config", "/nowhere.toml"], "There is no configuration file /nowhere.toml"),
    ],
)
def test_mistake_ends_in_one_sentence(monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str) -> None:
    monkeypatch.setattr(sys, "argv", ["babelpool", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    assert isinstance(caught.value.code, str)
    assert caught.value.code.startswith("babelpool: ")
    assert sentence in caught.value.code


@pytest.mark.parametrize("command", [[], ["serve"], ["translate"], ["pull"], ["tune"], ["models"], ["models", "list"]])
def test_help_teaches(command: list[str]) -> None:
    result = CliRunner().invoke(cli, [*command, "--help"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 5
