"""A marked-up text as gaps and blocks, and back; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    """`gaps[0] + body[0] + gaps[1] + ...` is the source, once the slots in it are filled.

    gaps: raw, come back as they are; one more than the blocks of the body.
    slotted: blocks by number whose places are inside tags, in gaps and in marks, where `slot + number + slot` keeps
    them: attributes. slot: a character that the source does not use.
    skipped: passages whose words could not be told from their markup, and are in the gaps.
    """

    gaps: tuple[str, ...]
    body: tuple[Block, ...]
    slotted: Mapping[int, Block] = field(default_factory=dict)
    slot: str = ""
    skipped: int = 0

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Everything that is translated: the body, then what is slotted."""
        return (*self.body, *self.slotted.values())

    def render(self, translations: Sequence[str]) -> str:
        """Put one woven translation per block in its place.

        A block that comes back with the words and marks it went with comes back as it was, byte for byte.
        """
        if len(translations) != len(self.blocks):
            raise ValueError(f"{len(self.blocks)} blocks, but {len(translations)} translations")
        filled = [_unchanged(block, one) for block, one in zip(self.blocks, translations, strict=True)]
        text = "".join(gap + one for gap, one in zip_longest(self.gaps, filled[: len(self.body)], fillvalue=""))
        if not self.slotted:
            return text
        slotted = dict(zip(self.slotted, filled[len(self.body) :], strict=True))
        return self._slots.sub(lambda match: slotted[int(match[1])], text)

    def apart(self) -> list[Blocks]:
        """One for each block of the body, with the gap before it; what they render to is, joined, what this does."""
        if len(self.body) < 2:
            return [self]
        *gaps, last = self.gaps
        ends = [*[""] * (len(gaps) - 1), last]
        parts = [self._part((gap, end), block) for gap, end, block in zip(gaps, ends, self.body, strict=True)]
        return [replace(parts[0], skipped=self.skipped), *parts[1:]]

    def _part(self, gaps: tuple[str, str], block: Block) -> Blocks:
        if not self.slotted:
            return Blocks(gaps, (block,))
        shown = gaps[0] + block.woven(block.text, block.marks) + gaps[1]
        numbers = dict.fromkeys(map(int, self._slots.findall(shown)))
        return Blocks(gaps, (block,), {number: self.slotted[number] for number in numbers}, self.slot)

    @property
    def _slots(self) -> re.Pattern[str]:
        return re.compile(f"{self.slot}(\\d+){self.slot}")


def _unchanged(block: Block, translation: str) -> str:
    return block.raw if translation == block.woven(block.text, block.marks) else translation
