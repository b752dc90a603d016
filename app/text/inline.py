"""What in a text is not words and has to come back exactly once: placeholders, terms, tags; values only, pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    """

    start: int
    end: int
    literal: str | None = None
    before: str = ""
    after: str = ""
    kind: Kind | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it covers nothing, so that only its place matters."""
        return self.start == self.end


@dataclass(frozen=True, slots=True)
class Segment:
    """A text that is translated as a whole, and its marks.

    marks: sorted by (start, -end), outer before inner; two of them are nested or apart, never crossing. Literals are
    innermost: nothing is inside one.
    """

    text: str
    marks: tuple[Mark, ...] = ()

    @property
    def source(self) -> str:
        """The text with its markup, as it was in the source."""
        return weave(self.text, self.marks)


def weave(text: str, marks: Iterable[Mark]) -> str:
    """Put markup around the words of a text."""
    return "".join(_woven(text, sorted(marks, key=lambda mark: (mark.start, -mark.end)), 0, len(text)))


def _woven(text: str, marks: Sequence[Mark], start: int, end: int) -> Iterable[str]:
    at = start
    rest = list(marks)
    while rest:
        outer = rest.pop(0)
        yield text[at : outer.start]
        inner = [mark for mark in rest if mark.end <= outer.end and not (mark.is_empty and mark.start == outer.end)]
        rest = rest[len(inner) :]
        yield outer.before
        yield from _woven(text, inner, outer.start, outer.end)
        yield outer.after
        at = outer.end
    yield text[at:end]
