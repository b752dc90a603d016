"""`babelpool keys ...`: makes API keys and prints what belongs into the configuration; keeps nothing."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from pydantic import ValidationError

from app.keys import ApiKey, hash_key, new_key

keys_app = typer.Typer(name="keys", no_args_is_help=True, help="Make API keys; see docs/security.md.")

_SHORTEST = 20

Name = Annotated[str, typer.Option(help="Whose key it is; appears in logs, never the key.")]
Scopes = Annotated[list[str], typer.Option("--scope", help="translate, admin or monitor; repeat for more than one.")]
Rate = Annotated[int | None, typer.Option("--requests-per-minute", help="No limit where absent.")]
Quota = Annotated[int | None, typer.Option("--characters-per-day", help="No limit where absent.")]
AsLine = Annotated[bool, typer.Option("--line", help="Print a line for a key file that is not TOML.")]


@keys_app.command()
def new(
    name: Name,
    scope: Scopes = ["translate"],  # noqa: B006 - typer's way to write a default
    requests_per_minute: Rate = None,
    characters_per_day: Quota = None,
    line: AsLine = False,  # noqa: FBT002
) -> None:
    """Make a key. It goes to standard error, once; what the server needs, its hash, to standard output.

    Example:  babelpool keys new --name mobile --scope translate >> keys.toml
    """
    key = new_key()
    kept = _kept(key, name, scope, requests_per_minute, characters_per_day, line=line)
    typer.echo(f"The key of {name}, which is shown this once and cannot be had again:\n\n{key}\n", err=True)
    typer.echo(kept)


@keys_app.command("hash")
def hash_(
    name: Name,
    scope: Scopes = ["translate"],  # noqa: B006
    requests_per_minute: Rate = None,
    characters_per_day: Quota = None,
    line: AsLine = False,  # noqa: FBT002
) -> None:
    """Read a key that clients have already from standard input, and print what the server needs of it.

    Only for random keys: whoever steals the file can try out short or speaking ones.

    Example:  babelpool keys hash --name mobile < key.txt >> keys.toml
    """
    key = sys.stdin.readline().strip()
    if len(key) < _SHORTEST:
        raise typer.BadParameter(f"a key of fewer than {_SHORTEST} characters can be guessed; make one with: keys new")
    typer.echo(_kept(key, name, scope, requests_per_minute, characters_per_day, line=line))


def _kept(key: str, name: str, scopes: list[str], rate: int | None, quota: int | None, *, line: bool) -> str:
    limits = {"requests_per_minute": rate, "characters_per_day": quota}
    try:
        kept = ApiKey.model_validate({"name": name, "sha256": hash_key(key), "scopes": scopes, **limits})
    except ValidationError as error:
        fault = error.errors()[0]
        raise typer.BadParameter(f"{fault['loc'][0]}: {fault['msg']}") from None
    if line and (rate or quota):
        raise typer.BadParameter("a line has no room for limits; leave --line out")
    return f"{kept.name}:{kept.sha256}:{','.join(kept.scopes)}" if line else _toml(kept)


def _toml(key: ApiKey) -> str:
    # Names, hashes and scopes hold nothing that TOML would want escaped: ApiKey has seen to that.
    limits = {"requests_per_minute": key.requests_per_minute, "characters_per_day": key.characters_per_day}
    lines = ["[[auth.keys]]", f'name = "{key.name}"', f'sha256 = "{key.sha256}"']
    lines.append("scopes = [" + ", ".join(f'"{scope}"' for scope in key.scopes) + "]")
    lines += [f"{name} = {value}" for name, value in limits.items() if value is not None]
    return "\n".join(lines)
