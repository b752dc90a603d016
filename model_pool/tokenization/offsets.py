"""Where tokens stand in texts, and which source token each target token came from; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from model_pool.types import Link, Range

_BYTE = re.compile("<0x([0-9A-Fa-f]{2})>")


def decoded_offsets(pieces: Sequence[str], decode: Callable[[Sequence[str]], str]) -> list[Range]:
    """Return where each piece stands in `decode(pieces)`; bytes of one run share a range.

    The surfaces joined are the text for SentencePiece and what imitates it. Where they are not, growing prefixes are
    decoded: quadratic, and right for every decoder that works from left to right.
    """
    text = decode(pieces)
    runs = list(_runs(pieces))
    joined = "".join(surface for surface, _ in runs)
    if joined.strip() != text:
        return _by_prefixes(pieces, decode, text)
    at = len(joined.lstrip()) - len(joined)
    ranges: list[Range] = []
    for surface, count in runs:
        place = _inside(at, text), _inside(at + len(surface), text)
        ranges += [place] * count
        at += len(surface)
    return ranges


def links(
    rows: Sequence[Sequence[float]], sources: Sequence[Range | None], targets: Sequence[Range | None]
) -> Iterator[Link]:
    """One link for each target token that has a place, to the token of the source text that it attends to most.

    rows: target tokens by source tokens; a last column for an end token that the engine added may be there or not.
    None stands for a token that is not of the text: language, lead, end.
    """
    placed = [(index, place) for index, place in enumerate(sources) if place is not None]
    if not placed:
        return
    for row, target in zip(rows, targets, strict=True):
        if target is not None and target[0] < target[1]:
            yield target, max(placed, key=lambda one: row[one[0]])[1]


def without_space(text: str, ranges: Iterable[Range]) -> list[Range]:
    """Return the ranges without white space at their edges; one of nothing else joins the range after it."""
    trimmed = [_trimmed(text, *place) for place in ranges]
    for index in range(len(trimmed) - 2, -1, -1):
        if trimmed[index][0] == trimmed[index][1]:
            trimmed[index] = trimmed[index + 1]
    return trimmed


def _runs(pieces: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Surfaces with how many pieces they are of: one, or a run of bytes."""
    for is_bytes, group in groupby(pieces, key=lambda piece: _BYTE.fullmatch(piece) is not None):
        run = list(group)
        if is_bytes:
            yield bytes(int(piece[3:5], 16) for piece in run).decode(errors="replace"), len(run)
        else:
            yield from ((piece.replace("▁", " "), 1) for piece in run)


def _by_prefixes(pieces: Sequence[str], decode: Callable[[Sequence[str]], str], text: str) -> list[Range]:
    ends = [0]
    for count in range(1, len(pieces)):
        ends.append(max(ends[-1], _common(decode(pieces[:count]), text)))
    ends.append(len(text))
    return list(pairwise(ends))


def _common(prefix: str, text: str) -> int:
    """How many characters the two begin with alike; a character that is not complete yet is not one of them."""
    if text.startswith(prefix):
        return len(prefix)
    return next((at for at, (one, other) in enumerate(zip(prefix, text, strict=False)) if one != other), len(text))


def _inside(at: int, text: str) -> int:
    return min(max(at, 0), len(text))


def _trimmed(text: str, start: int, end: int) -> Range:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
