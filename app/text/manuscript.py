"""A text in any format as passages that are cut into segments, and the text that their translations make. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from app.text.cutting import Cut
from app.text.inline import Mark, Segment, weave
from app.text.joining import gap_between
from app.text.marking import with_literals
from app.text.markup import Block, Blocks, Options, parse

Find = Callable[[str], Sequence[Iterable[Mark]]]
"""Words -> what in them must come back as it is, or as a certain other word; what is found first wins."""

Divide = Callable[[Segment], Cut]
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


Written = tuple[Manuscript, Sequence[Segment]]
"""A manuscript and the translations of its segments."""


def plain(text: str, find: Find, divide: Divide) -> Manuscript:
    """Read plain text: one passage."""
    return _plain(_divided(text, find, divide))


def marked_up(text: str, options: Options, find: Find, divide: Divide) -> Manuscript:
    """Read HTML, XML or Markdown: a passage for each block. Raises MalformedMarkup."""
    return _marked_up(parse(text, options), find, divide)


def pieces(text: str, options: Options | None, find: Find, divide: Divide) -> list[Manuscript]:
    """Read a text as manuscripts that follow one another: one for each segment of plain text, or block of markup.

    `following` tells what each of them adds to the text. Raises MalformedMarkup.
    """
    if options is None:
        return [_plain(one) for one in _divided(text, find, divide).apart()]
    return [_marked_up(one, find, divide) for one in parse(text, options).apart()]


def following(before: Written | None, now: Written) -> str:
    """What a piece adds to the text whose end is the piece before: both as the whole would have them."""
    manuscript, parts = now
    text = manuscript.assembled(parts)
    if before is None or not (parts and before[1]) or manuscript.render is not _only:
        return text
    source, target = _last(before[0]).text, before[1][-1].text
    cut = manuscript.passages[0].cut
    gap = cut.gaps[0]
    return gap_between(gap, (source, cut.segments[0].text), (target, parts[0].text)) + text[len(gap) :]


def _last(manuscript: Manuscript) -> Segment:
    return manuscript.passages[-1].cut.segments[-1]


def _divided(text: str, find: Find, divide: Divide) -> Cut:
    return divide(with_literals(Segment(text), *find(text)))


def _plain(divided: Cut) -> Manuscript:
    return Manuscript((Passage(divided, weave),), _only)


def _only(parts: Sequence[str]) -> str:
    return parts[0]


def _marked_up(blocks: Blocks, find: Find, divide: Divide) -> Manuscript:
    passages = tuple(Passage(divide(_filled(block, find)), block.woven) for block in blocks.blocks)
    return Manuscript(passages, blocks.render, blocks.skipped)


def _filled(block: Block, find: Find) -> Segment:
    """A block with its literals. They are written as the format writes words, for what is found is no markup."""
    found = [[replace(mark, literal=block.woven(mark.literal or "", ())) for mark in one] for one in find(block.text)]
    return with_literals(Segment(block.text, block.marks), *found)
