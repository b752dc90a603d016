"""Finds what in a text must come back letter by letter: URLs, variables, tags, emoji, numbers ... Pure, linear time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from app.text.icu import messages
from app.text.inline import Mark
from app.text.kinds import Kind
from app.text.patterns import RULES, SIGNS, Rule

_TRAILING = frozenset(".,;:!?'\"*_~…’”»")  # noqa: RUF001
_BRACKETS = {")": "(", "]": "[", "}": "{", ">": "<"}
_SENTENCE_ENDS = frozenset({Kind.URL, Kind.PATH, Kind.MENTION, Kind.HASHTAG, Kind.IDENTIFIER})
# Literals that stand side by side are one for the model: "%d/%d", "{first}-{last}", "%1$s:%2$s".
_JOINT = re.compile(r"[-/.:,_@x×]?")  # noqa: RUF001
_INNER_DOT = re.compile(r"\.\w")
_NEVER_JOINED = frozenset({Kind.TAG, Kind.EMOJI, Kind.MESSAGE, Kind.CODE})

_Found = tuple[int, int, Kind]


def placeholders(text: str, *, kinds: Iterable[Kind] | None = None) -> list[Mark]:
    """Return a literal for every placeholder of these kinds, or of any: in order, apart, each standing for itself.

    Where two overlap the longer one wins, then the one that starts earlier. Neighbours without a space between them
    are one mark. Tags are one mark each, opening and closing alike.
    """
    candidates = list(_candidates(text, None if kinds is None else frozenset(kinds)))
    if not candidates:
        return []
    found = _longest(text, candidates)
    return [Mark(start, end, literal=text[start:end], kind=kind) for start, end, kind in _joined(text, found)]


def _candidates(text: str, wanted: frozenset[Kind] | None) -> Iterator[_Found]:
    signs = _signs(text)
    if "{" in signs and (wanted is None or Kind.MESSAGE in wanted):
        yield from ((start, end, Kind.MESSAGE) for start, end in messages(text))
    for rule in _rules(frozenset(signs & SIGNS), text.isascii()):
        if wanted is not None and rule.kind not in wanted:
            continue
        for match in rule.pattern.finditer(text):
            start, end = match.span()
            if rule.kind in _SENTENCE_ENDS:
                end = _without_trailing(text, start, end)
            if start < end:
                yield start, end, rule.kind


@lru_cache(maxsize=1024)
def _rules(signs: frozenset[str], is_ascii: bool) -> tuple[Rule, ...]:  # noqa: FBT001 - a key of the cache
    """Rules that may find something in a text which has these signs; most texts have one of a few sets of them."""
    return tuple(rule for rule in RULES if (not rule.signs.isdisjoint(signs) if rule.signs else not is_ascii))


def _signs(text: str) -> set[str]:
    """The characters of a text, without those that say nothing as they stand: dots and brackets of sentences."""
    signs = set(text)
    if "." in signs and not _INNER_DOT.search(text):
        signs.discard(".")
    if "www." not in text:
        signs.discard("w")
    if "()" not in text:
        signs.discard("(")
    return signs


def _without_trailing(text: str, start: int, end: int) -> int:
    """Leave out what belongs to the sentence: its punctuation, and brackets that were opened outside."""
    counts = {mark: text.count(mark, start, end) for pair in _BRACKETS.items() for mark in pair}
    while end > start:
        last = text[end - 1]
        if last in _BRACKETS:
            if counts[last] <= counts[_BRACKETS[last]]:
                break
            counts[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return end


def _longest(text: str, candidates: list[_Found]) -> list[_Found]:
    taken = bytearray(len(text))
    kept = []
    for start, end, kind in sorted(candidates, key=lambda one: (one[0] - one[1], one[0])):
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\x01" * (end - start)
            kept.append((start, end, kind))
    return sorted(kept, key=lambda one: one[0])


def _joined(text: str, found: list[_Found]) -> list[_Found]:
    joined: list[_Found] = []
    for start, end, kind in found:
        if joined and _are_joined(text, joined[-1], start, kind):
            joined[-1] = (joined[-1][0], end, joined[-1][2])
        else:
            joined.append((start, end, kind))
    return joined


def _are_joined(text: str, before: _Found, start: int, kind: Kind) -> bool:
    return not {kind, before[2]} & _NEVER_JOINED and _JOINT.fullmatch(text, before[1], start) is not None
