"""A text in any format as passages that are cut into segments, and the text that their translations make. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from app.text.cutting import Cut
from app.text.inline import Mark, Segment, weave
from app.text.marking import with_literals
from app.text.markup import Block, Options, parse

Find = Callable[[str], Sequence[Iterable[Mark]]]
"""Words -> what in them must come back as it is, or as a certain other word; what is found first wins."""

Write = Callable[[str, Sequence[Mark]], str]


@dataclass(frozen=True, slots=True)
class Passage:
    """Words that belong together, cut. write: how their translation and its marks are written."""

    cut: Cut
    write: Write


@dataclass(frozen=True, slots=True)
class Manuscript:
    """Every passage of a text.

    render: puts them, written, back between what stays. skipped: passages that could not be read, and stay.
    """

    passages: tuple[Passage, ...]
    render: Callable[[Sequence[str]], str]
    skipped: int = 0

    @property
    def size(self) -> int:
        """How many segments it has."""
        return sum(len(passage.cut.segments) for passage in self.passages)

    @property
    def segments(self) -> Iterator[Segment]:
        """All segments, in order."""
        return (segment for passage in self.passages for segment in passage.cut.segments)

    def assembled(self, parts: Sequence[Segment]) -> str:
        """Return the text, with a translation in the place of each segment."""
        rest = iter(parts)
        done = []
        for passage in self.passages:
            whole = passage.cut.joined(list(islice(rest, len(passage.cut.segments))))
            done.append(passage.write(whole.text, whole.marks))
        return self.render(done)


def plain(text: str, find: Find, divide: Callable[[Segment], Cut]) -> Manuscript:
    """Read plain text: one passage."""
    whole = with_literals(Segment(text), *find(text))
    return Manuscript((Passage(divide(whole), weave),), lambda parts: parts[0])


def marked_up(text: str, options: Options, find: Find, divide: Callable[[Segment], Cut]) -> Manuscript:
    """Read HTML, XML or Markdown: a passage for each block. Raises MalformedMarkup."""
    blocks = parse(text, options)
    passages = tuple(Passage(divide(_filled(block, find)), block.woven) for block in blocks.blocks)
    return Manuscript(passages, blocks.render, blocks.skipped)


def _filled(block: Block, find: Find) -> Segment:
    """A block with its literals. They are written as the format writes words, for what is found is no markup."""
    found = [[replace(mark, literal=block.woven(mark.literal or "", ())) for mark in one] for one in find(block.text)]
    return with_literals(Segment(block.text, block.marks), *found)
