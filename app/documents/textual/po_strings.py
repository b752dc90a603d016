"""How PO files spell strings: escapes, and lines of a width; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import east_asian_width

from app.text.characters import is_unspaced

_WIDTH = 79
"""Columns of a line, its quotes included, as gettext's own tools have them."""

_ESCAPE = re.compile(r"(?P<bytes>(?>(?:\\(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2}))+))|\\(?P<sign>.)", re.DOTALL)
_BYTE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2}))")
_SIGNS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPES = {ord(sign): f"\\{letter}" for letter, sign in _SIGNS.items()} | {ord('"'): '\\"', ord("\\"): "\\\\"}
_LINE = re.compile(r"[^\n]*+\n|[^\n]++")
_WORD = re.compile(r"[^ ]*+ ++|[^ ]++")


def plain(raw: str) -> str:
    """Return the text of what stands between quotes."""
    return _ESCAPE.sub(_meaning, raw) if "\\" in raw else raw


def _meaning(match: re.Match[str]) -> str:
    if match["bytes"]:
        numbers = (int(octal, 8) & 0xFF if octal else int(hexadecimal, 16) for octal, hexadecimal in _bytes(match))
        return bytes(numbers).decode("utf-8", "replace")
    return _SIGNS.get(match["sign"], match["sign"])


def _bytes(match: re.Match[str]) -> list[tuple[str, str]]:
    return _BYTE.findall(match["bytes"])


def written(keyword: str, text: str, *, line_end: str, wraps: bool) -> str:
    """Return a keyword with its string, without the end of its last line.

    wraps: lines are of `_WIDTH` columns at most; otherwise they end with lines of the text alone.
    """
    lines = _LINE.findall(text)
    whole = f'{keyword} "{text.translate(_ESCAPES)}"'
    if len(lines) <= 1 and (not wraps or _columns(whole) <= _WIDTH):
        return whole
    parts = [part for line in lines for part in (_wrapped(line) if wraps else [line])]
    return line_end.join([f'{keyword} ""', *(f'"{part.translate(_ESCAPES)}"' for part in parts)])


def _wrapped(line: str) -> Iterator[str]:
    room = _WIDTH - 2
    part: list[str] = []
    width = 0
    for piece in _pieces(line):
        columns = _columns(piece.translate(_ESCAPES))
        if part and width + columns > room:
            yield "".join(part)
            part, width = [], 0
        part.append(piece)
        width += columns
    yield "".join(part)


def _pieces(line: str) -> Iterator[str]:
    """Yield words with the space behind them, and each character of scripts without spaces."""
    for word in _WORD.findall(line):
        start = 0
        for at in range(1, len(word)):
            if is_unspaced(word[at - 1]) or is_unspaced(word[at]):
                yield word[start:at]
                start = at
        yield word[start:]


def _columns(text: str) -> int:
    return len(text) if text.isascii() else sum(1 + (east_asian_width(one) in "WF") for one in text)
