from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.auth import Access
from app.cli.keys import keys_app
from app.keys import ApiKey, hash_key, read_key_file


def run(*arguments: str, stdin: str | None = None, status: int = 0) -> tuple[str, str]:
    result = CliRunner().invoke(keys_app, arguments, input=stdin)
    assert result.exit_code == status, result.output
    return result.stdout, result.stderr


def key_in(errors: str) -> str:
    (key,) = (line for line in errors.splitlines() if line.startswith("bp_"))
    return key


def test_new_key_is_shown_once_and_its_hash_can_be_put_into_a_file(tmp_path: Path) -> None:
    limits = ("--requests-per-minute", "60", "--characters-per-day", "1000")
    kept, errors = run("new", "--name", "mobile", "--scope", "translate", "--scope", "admin", *limits)
    key = key_in(errors)
    assert key not in kept
    path = tmp_path / "keys.toml"
    path.write_text(kept, encoding="utf-8")
    (read,) = read_key_file(path)
    assert read == ApiKey(
        name="mobile",
        sha256=hash_key(key),
        scopes=("translate", "admin"),
        requests_per_minute=60,
        characters_per_day=1000,
    )
    assert Access([read]).admit(key, "admin").name == "mobile"


def test_hashes_of_several_keys_can_stand_in_one_file() -> None:
    first, second = (run("new", "--name", name)[0] for name in ("a", "b"))
    assert [key["name"] for key in tomllib.loads(first + second)["auth"]["keys"]] == ["a", "b"]


def test_line_can_be_put_into_a_file_of_lines(tmp_path: Path) -> None:
    kept, errors = run("new", "--name", "mobile", "--line")
    path = tmp_path / "keys"
    path.write_text(kept, encoding="utf-8")
    assert read_key_file(path) == (ApiKey(name="mobile", sha256=hash_key(key_in(errors))),)


def test_key_that_clients_have_is_read_from_standard_input() -> None:
    kept, errors = run("hash", "--name", "old", "--line", stdin="a-key-that-clients-have-already\n")
    assert kept == f"old:{hash_key('a-key-that-clients-have-already')}:translate\n"
    assert errors == ""


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (["new"], None),
        (["new", "--name", "two words"], None),
        (["new", "--name", 'x"\n[server]'], None),
        (["new", "--name", "x", "--scope", "root"], None),
        (["new", "--name", "x", "--requests-per-minute", "0"], None),
        (["new", "--name", "x", "--line", "--characters-per-day", "5"], None),
        (["hash", "--name", "x"], "password1"),
        (["hash", "--name", "x"], ""),
    ],
)
def test_mistake_makes_no_key(arguments: list[str], stdin: str | None) -> None:
    kept, errors = run(*arguments, stdin=stdin, status=2)
    assert kept == ""
    assert "bp_" not in errors


def test_help_teaches() -> None:
    for arguments in (["--help"], ["new", "--help"], ["hash", "--help"]):
        assert len(run(*arguments)[0].splitlines()) > 5
