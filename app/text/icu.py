"""ICU message arguments with branches, such as plurals: where one ends, and the words in it. Pure, linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.text.document import Document, Range, from_ranges

_ARGUMENT = re.compile(
    r"\{\s{0,8}+[\w.-]{1,64}+\s{0,8}+,\s{0,8}+(?:plural|selectordinal|select)\s{0,8}+,"
    r"(?>(?:\s{0,8}+offset:\d{1,4}+)?)\s{0,64}+(?=(?:=\d|[A-Za-z]))"
)
_SELECTOR = re.compile(r"\s*+(?:=\d{1,6}+|[\w-]{1,64}+)\s*+\{")
_CLOSE = re.compile(r"\s*+\}")
_BRACE = re.compile(r"[{}]")


def messages(text: str) -> Iterator[Range]:
    """Where plural and select arguments stand, outermost only. One that is not well formed is none."""
    closing: dict[int, int] | None = None
    at = 0
    while match := _ARGUMENT.search(text, at):
        closing = _pairs(text) if closing is None else closing
        branches = _branches(text, match.end(), closing)
        if branches is None:
            at = match.end()
            continue
        at = closing[match.start()] + 1
        yield match.start(), at


def branches(message: str) -> Document:
    """The words of a message as segments, its syntax as gaps; a plural inside a branch is opened too.

    `message` is one of those that `messages` finds. A branch keeps `#` and simple arguments such as `{name}`.
    """
    closing = _pairs(message)
    return from_ranges(message, _words(message, 0, closing)) if _ARGUMENT.match(message) else Document((message,), ())


def _words(text: str, start: int, closing: dict[int, int]) -> Iterator[Range]:
    match = _ARGUMENT.match(text, start)
    for first, last in (_branches(text, match.end(), closing) or []) if match else []:
        inner = _ARGUMENT.match(text, first)
        # Opened only where it is all there is: beside words, it is a placeholder among them.
        if inner and closing.get(first) == last - 1:
            yield from _words(text, first, closing)
        elif text[first:last].strip():
            body = text[first:last]
            yield first + len(body) - len(body.lstrip()), last - len(body) + len(body.rstrip())


def _branches(text: str, at: int, closing: dict[int, int]) -> list[Range] | None:
    """The insides of the branches from `at` to the end of the argument; None where it does not end as it should."""
    found: list[Range] = []
    while match := _SELECTOR.match(text, at):
        opened = match.end() - 1
        if opened not in closing:
            return None
        found.append((opened + 1, closing[opened]))
        at = closing[opened] + 1
    return found if found and _CLOSE.match(text, at) else None


def _pairs(text: str) -> dict[int, int]:
    """Where each brace that is closed is closed."""
    opened: list[int] = []
    pairs: dict[int, int] = {}
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif opened:
            pairs[opened.pop()] = match.start()
    return pairs
