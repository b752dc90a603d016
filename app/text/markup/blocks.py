"""A marked-up text as gaps and blocks, and back; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Protocol

from app.text.inline import Mark

Spelling = Mapping[int, str]
"""Code point -> the character reference that the source writes it with; for `str.translate`."""


class Syntax(Protocol):
    """How words and marks are written in one place of one format."""

    def __call__(self, text: str, marks: Sequence[Mark], spelling: Spelling) -> str:
        """Return plain text and its marks as markup."""


@dataclass(frozen=True, slots=True)
class Block:
    """Words that belong together: a paragraph, a heading, a cell, an attribute; not yet cut into sentences.

    raw: the block as it is in the source.
    text, marks: its plain words and what is around them, as in `app.text.inline.Segment`; white space is collapsed.
    A mark's `literal` is markup already: it stands in the output unescaped.
    """

    raw: str
    text: str
    marks: tuple[Mark, ...]
    syntax: Syntax = field(repr=False)
    spelling: Spelling = field(default_factory=dict, repr=False)

    def woven(self, text: str, marks: Sequence[Mark]) -> str:
        """Return a translation of this block as markup: words escaped, marks around them."""
        return self.syntax(text, marks, self.spelling)


@dataclass(frozen=True, slots=True)
class Blocks:
    """`gaps[0] + blocks[0] + gaps[1] + ...` is the source, once the slots in it are filled.

    gaps: raw, come back as they are.
    blocks: first one between each two gaps, then those of the attributes, which stand inside tags: in gaps, in marks.
    There, `slot + number + slot` keeps their place. slot: a character that the source does not use.
    skipped: passages whose words could not be told from their markup, and are in the gaps.
    """

    gaps: tuple[str, ...]
    blocks: tuple[Block, ...]
    slot: str = ""
    skipped: int = 0

    def render(self, translations: Sequence[str]) -> str:
        """Put one woven translation per block in its place.

        A block that comes back with the words and marks it went with comes back as it was, byte for byte.
        """
        if len(translations) != len(self.blocks):
            raise ValueError(f"{len(self.blocks)} blocks, but {len(translations)} translations")
        filled = [_unchanged(block, one) for block, one in zip(self.blocks, translations, strict=True)]
        body = len(self.gaps) - 1
        text = "".join(gap + one for gap, one in zip_longest(self.gaps, filled[:body], fillvalue=""))
        if not self.slot:
            return text
        return re.sub(f"{self.slot}(\\d+){self.slot}", lambda match: filled[body + int(match[1])], text)


def _unchanged(block: Block, translation: str) -> str:
    return block.raw if translation == block.woven(block.text, block.marks) else translation
