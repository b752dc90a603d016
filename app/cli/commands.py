"""The commands of `babelpool`: argument parsing only; whatever is heavy is imported by the command that needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.keys import keys_app
from app.cli.models import models_app, pull
from app.cli.tune import tune
from app.cli.workshop import workshop_app
from app.settings import ConfigSource, find_config, load_settings

cli = typer.Typer(
    name="babelpool",
    help="Self-hosted machine translation whose tiers share one pool of quantized models.",
    epilog="Start with: babelpool serve   or   babelpool translate 'Good morning' --from en --to pt",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
cli.command()(pull)
cli.command()(tune)
cli.add_typer(models_app, name="models")
cli.add_typer(keys_app, name="keys")
cli.add_typer(workshop_app, name="workshop")

Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="Configuration file; see the comments in config.toml.")
]


@cli.command()
def serve(
    config: Config = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; server.host by default.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; server.port by default.")] = None,
) -> None:
    """Serve translations over HTTP until SIGTERM or Ctrl-C.

    Then try:  curl -s localhost:8000/translate -H 'content-type: application/json'
    -d '{"text": "Good morning!", "source_language": "en", "target_language": "pt"}'
    """
    from app.server import leave
    from app.server import serve as run

    given = {name: value for name, value in {"host": host, "port": port}.items() if value is not None}
    leave(run(ConfigSource(find_config(config), given)))


@cli.command()
def translate(
    text: Annotated[str | None, typer.Argument(help="Text to translate; standard input where absent.")] = None,
    target: Annotated[str, typer.Option("--to", "-t", help="Target language, a BCP 47 code.")] = ...,  # type: ignore[assignment]
    source: Annotated[str, typer.Option("--from", "-f", help='Source language, or "auto".')] = "auto",
    tier: Annotated[str | None, typer.Option(help="Tier; default_tier of the configuration by default.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Translate this UTF-8 text file instead.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here, not to standard output.")] = None,
    config: Config = None,
) -> None:
    """Translate without a server: a text, a file or standard input. Needs no network.

    Layout is kept: lines, indentation and blank lines come out as they went in.

    Examples:

    babelpool translate "Good morning" --from en --to pt

    babelpool translate --file letter.txt --from en --to pt -o carta.txt

    echo "Bom dia a todos" | babelpool translate --to en
    """
    from app.cli.offline import read_source, translate_offline, write_target

    if text is not None and file is not None:
        raise typer.BadParameter("give a text or --file, not both")
    translated = translate_offline(
        load_settings(config), read_source(text, file), source=source, target=target, tier=tier
    )
    write_target(translated, output, newline=text is not None)
