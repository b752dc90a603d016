"""What in a text is not words and has to come back exactly once: placeholders, terms, tags; values only, pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.text.document import Range
from app.text.kinds import Kind

Link = tuple[Range, Range]
"""(where in the translation, where in the text that the model read), in code points, of one target token."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing at `start:end` of a text, in code points.

    literal: what stands for the covered words in the translation, whatever the model made of them (a placeholder's own
    spelling, a glossary's target term); None where the covered words are translated.
    before, after: markup around the covered words, as it is in the source (`<b>` and `</b>`). Where nothing is covered
    (start == end), all of it is in `before` (`<br/>`).
    kind: what a literal is, which decides how a model is best shown it; None for markup.
    key: its owner's number for it, so that it is known again after projection; -1 where nobody asks.
    """

    start: int
    end: int
    literal: str | None = None
    before: str = ""
    after: str = ""
    kind: Kind | None = None
    key: int = -1

    @property
    def is_empty(self) -> bool:
        """Whether it covers nothing, so that only its place matters."""
        return self.start == self.end


@dataclass(frozen=True, slots=True)
class Segment:
    """A text that is translated as a whole, and its marks.

    marks: in the order of `written`; two of them are nested or apart, never crossing. Literals are innermost: nothing
    is inside one.
    """

    text: str
    marks: tuple[Mark, ...] = ()

    @property
    def source(self) -> str:
        """The text with its markup, as it was in the source."""
        return weave(self.text, self.marks)


def written(mark: Mark) -> tuple[int, int, int]:
    """The order in which marks begin when they are written: pairs, outer before inner, then points, then a literal."""
    rank = 2 if mark.literal is not None else int(mark.is_empty)
    return mark.start, rank, -mark.end


def weave(text: str, marks: Iterable[Mark], escape: Callable[[str], str] = str) -> str:
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

    for mark in sorted(marks, key=written):
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
