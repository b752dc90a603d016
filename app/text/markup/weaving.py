"""Puts markup around words, escaping the words and nothing else, in one pass; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.text.inline import Mark

Escape = Callable[[str], str]


def weave(text: str, marks: Iterable[Mark], escape: Escape) -> str:
    """Return `text`, escaped, with its marks.

    A literal stands in the output as it is, unescaped, whatever `text` has in its place. Linear after the sort, and
    without recursion, since both the number of marks and their nesting come from strangers.
    """
    out: list[str] = []
    closing: list[Mark] = []
    at = 0

    def words(until: int) -> None:
        nonlocal at
        if until > at:
            out.append(escape(text[at:until]))
            at = until

    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        while closing and closing[-1].end <= mark.start:
            words(closing[-1].end)
            out.append(closing.pop().after)
        words(mark.start)
        out.append(mark.before)
        if mark.literal is not None:
            out += (mark.literal, mark.after)
            at = max(at, mark.end)
        elif mark.is_empty:
            out.append(mark.after)
        else:
            closing.append(mark)
    while closing:
        words(closing[-1].end)
        out.append(closing.pop().after)
    words(len(text))
    return "".join(out)
