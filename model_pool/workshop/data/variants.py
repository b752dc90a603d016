"""The same phrase as people type it: with or without a capital, with or without a final mark; pure."""

from __future__ import annotations

from collections.abc import Iterator

from model_pool.workshop.data.pairs import Pair

_MARKS = (".", "!", "?")
_OPENING = ("¿", "¡")
_SHORT = 5
"""Words: a phrase of so many may as well be exclaimed, and a question asked without its mark."""


def variants(pair: Pair) -> list[Pair]:
    """Return the pair first, then its natural variants, each once. Both sides change together or not at all."""
    found = dict.fromkeys(
        Pair(source, target, pair.origin)
        for ending_source, ending_target in _endings(pair.source, pair.target)
        for source, target in _cases(ending_source, ending_target)
    )
    return [pair, *(one for one in found if one != pair)]


def _endings(source: str, target: str) -> Iterator[tuple[str, str]]:
    yield source, target
    if source.startswith(_OPENING) or target.startswith(_OPENING):
        return
    short = len(source.split()) <= _SHORT
    marks = [_mark(source), _mark(target)]
    if marks[0] != marks[1] or source.endswith("...") or target.endswith("..."):
        return
    bare = [side.removesuffix(mark) for side, mark in zip((source, target), marks, strict=True)]
    if not all(side and side[-1].isalnum() for side in bare):
        return
    if marks[0] == "?":
        if short:
            yield bare[0], bare[1]
        return
    for ending in ("", ".", *("!" for _ in range(short))):
        yield bare[0] + ending, bare[1] + ending


def _mark(text: str) -> str:
    return text[-1] if text.endswith(_MARKS) else ""


def _cases(source: str, target: str) -> Iterator[tuple[str, str]]:
    yield source, target
    if _may_be_small(source) and _may_be_small(target):
        yield source[0].lower() + source[1:], target[0].lower() + target[1:]
    if source[0].islower() and target[0].islower():
        yield source[0].upper() + source[1:], target[0].upper() + target[1:]


def _may_be_small(text: str) -> bool:
    """Not so for "OK", "USB" and English "I": a first word with a second letter, which is small."""
    first = text.split(maxsplit=1)[0]
    return len(first) > 1 and first[0].isupper() and first[1].islower()
