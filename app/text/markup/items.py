"""The beads that every format turns its source into: words, tags, and what parts blocks; values only, pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from app.text.markup.blocks import Syntax


class Kind(Enum):
    """What an item is.

    TEXT: words. OPEN, CLOSE: an inline tag around words. VOID: inline, without words of its own (`<img>`, a comment).
    LITERAL: words that are not translated, with their markup. SPLIT: what ends a block.
    """

    TEXT = auto()
    OPEN = auto()
    CLOSE = auto()
    VOID = auto()
    LITERAL = auto()
    SPLIT = auto()


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of the source. All `raw` in a row are the source.

    text: the plain words of TEXT and LITERAL.
    name: what OPEN and CLOSE are matched by.
    keeps_space: TEXT whose white space is not collapsed; a VOID that a reader sees, so that spaces around it count.
    syntax: how TEXT is written.
    markup: what stands for it in a translation, where that is not `raw`: `[a][a]` for `[a]`, no line breaks.
    """

    kind: Kind
    raw: str
    text: str = ""
    name: str = ""
    keeps_space: bool = False
    syntax: Syntax | None = None
    markup: str = ""

    @property
    def written(self) -> str:
        """What stands for it in a translation."""
        return self.markup or self.raw

    @property
    def has_words(self) -> bool:
        """Whether it puts something other than white space into the text of a block."""
        return self.kind is Kind.LITERAL or (self.kind is Kind.TEXT and bool(self.text) and not self.text.isspace())

    @property
    def is_tag(self) -> bool:
        """Whether it opens or closes."""
        return self.kind is Kind.OPEN or self.kind is Kind.CLOSE
