"""What is wrong with markup that has to be right; pure. `app.errors` knows its status."""

from __future__ import annotations


class MalformedMarkup(Exception):
    """The markup is not what its format demands; the message says what and where, and what may help."""

    code = "malformed_markup"

    def __init__(self, message: str, *, line: int, column: int) -> None:
        super().__init__(f"{message} (line {line}, column {column})")
        self.line = line
        self.column = column


def malformed(message: str, source: str, at: int) -> MalformedMarkup:
    """Return the error for the place `at` of a source; lines and columns count from 1."""
    line = source.count("\n", 0, at) + 1
    return MalformedMarkup(message, line=line, column=at - source.rfind("\n", 0, at))
