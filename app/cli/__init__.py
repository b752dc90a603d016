"""The `babelpool` command."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command line; errors that a user can mend end as one sentence, never as a traceback."""
    if sys.argv[1:2] == ["serve"]:
        # As process 1 of a container we have no default handler: a stop while we still import would go unheard.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    from app.cli.commands import cli
    from app.errors import RequestError, problem_of
    from app.settings import ConfigurationError

    try:
        cli()
    except ConfigurationError as error:
        sys.exit(f"babelpool: {error}")
    except Exception as error:
        if not isinstance(error, RequestError) and problem_of(error) is None:
            raise
        sys.exit(f"babelpool: {error}")
