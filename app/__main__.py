"""`python -m app` is `babelpool`."""

from app.cli import main

main()
