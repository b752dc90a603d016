"""The `babelpool` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; errors that a user can mend end as one sentence, never as a traceback."""
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
