"""Sentences of one line: sentencex in blocks of bounded length, then the corrections. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import sentencex  # type: ignore[import-untyped]

from app.text import breaks
from app.text.characters import is_unspaced
from app.text.corrections import Corrections, corrections_for
from app.text.document import Range

LONGEST = 4096
"""Code points in the longest sentence; no model takes that many, and sentencex is quadratic in its input."""

# ruff: noqa: RUF001
_LONGEST_WORD = 32
_OPENING = "([{<\"'“‘«‹„¿¡—–-"
_CLOSING = ")]}>\"'”’»›"
# sentencex 1.0.32 panics on white space of several bytes after an initial. One code point each, so offsets stay.
_PLAIN_SPACES = {code: " " for code in range(0x80, 0x3001) if chr(code).isspace()}
_NO_BREAK_SPACES = "\u00a0\u202f"
_ROMAN = frozenset("IVXLC")


def sentences(line: str, language: str) -> Iterator[Range]:
    """Ranges that cover `line` without a hole, white space after a sentence included.

    language: a BCP 47 tag, of which the primary subtag counts. sentencex reads one that it does not know by its
    English rules, with the terminators of every script. A sentence over LONGEST is cut at its best break.
    """
    subtag = language.replace("_", "-").partition("-")[0].lower()
    corrections = corrections_for(subtag)
    start = previous = at = 0
    for end in _ends(line, subtag):
        if at and (end - start > LONGEST or not _continues(line[previous:at], line[at:end], corrections)):
            yield start, at
            start = at
        previous, at = at, end
    if start < at:
        yield start, at


def _ends(line: str, subtag: str) -> Iterator[int]:
    """Where sentencex ends its sentences, asked block by block so that the time is linear in the line."""
    at = 0
    while at < len(line):
        block = line[at : at + LONGEST]
        lengths = [len(piece) for piece in _split(block, subtag)]
        if at + len(block) < len(line):
            if len(lengths) > 1:
                lengths.pop()  # it may go on in the next block, which starts with it
            else:
                lengths = [breaks.best(line, at + LONGEST // 2, at + LONGEST, at + LONGEST) - at]
        for length in lengths:
            at += length
            yield at


def _split(block: str, subtag: str) -> list[str]:
    try:
        pieces: list[str] = sentencex.segment(subtag, block.translate(_PLAIN_SPACES))
    except BaseException as error:
        # A panic in Rust reaches Python as a BaseException of a class that cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        return [block]
    return pieces if sum(map(len, pieces)) == len(block) else [block]


def _continues(piece: str, following: str, corrections: Corrections) -> bool:
    """Is the break between these two one that should not have been made?"""
    body = piece.rstrip()
    space = piece[len(body) :]
    if not space:
        return _is_joined(body, following, corrections)
    if not body.endswith("."):
        return False
    if not space.strip(_NO_BREAK_SPACES) or following[0].islower():
        return True
    return _abbreviates(body[-_LONGEST_WORD:-1], following, corrections)


def _is_joined(body: str, following: str, corrections: Corrections) -> bool:
    """The same where no space is between them: "node.js", "n.º", a quotation that its sentence goes on after."""
    if unicodedata.category(following[0]) in {"Pe", "Pf"}:
        return True
    if body[-1] in ".!?":
        return not is_unspaced(following[0])
    return unicodedata.category(body[-1]) == "Pe" and following.startswith(corrections.continuations)


def _abbreviates(before: str, following: str, corrections: Corrections) -> bool:
    """Is the dot after `before` (the end of a piece, without that dot) part of its last word?"""
    words = before.split()
    word = words[-1].lstrip(_OPENING) if words else ""
    alone = len(words) == 1
    if _listed(word, corrections.titles):
        return True
    if _is_initials(word) and (alone or len(word) > 1):  # "J." opens a sentence here, but may end one: "plan B."
        return True
    if _is_number(following) and _listed(word, corrections.before_number):
        return True
    return corrections.ordinals and not alone and word.isdigit() and len(word) <= 2


def _is_initials(word: str) -> bool:
    """Is this "J" or "J.-P"?"""
    return all(len(part) == 1 and part.isupper() for part in word.split(".-"))


def _listed(word: str, entries: frozenset[str]) -> bool:
    return word in entries or word[:1].lower() + word[1:] in entries


def _is_number(following: str) -> bool:
    words = following[:_LONGEST_WORD].split(maxsplit=1)
    word = words[0].rstrip(".,;:" + _CLOSING) if words else ""
    return word[:1].isdigit() or (bool(word) and _ROMAN.issuperset(word))
