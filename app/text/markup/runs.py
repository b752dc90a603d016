"""From items to gaps and blocks: cuts at what parts blocks, and keeps in gaps what is at the edges; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from app.text.characters import has_letter
from app.text.markup.blocks import Block
from app.text.markup.entities import spelling
from app.text.markup.items import Item, Kind
from app.text.markup.marking import marked
from app.text.markup.pairs import partners

MOST_MARKS = 1_000
"""Inline items in one block; where there are more, each of them parts blocks."""

_SPACE = " \t\n\r\f"
_Run = tuple[int, int]


def blocks_of(items: Sequence[Item]) -> tuple[list[str], list[Block]]:
    """Return gaps and blocks, one gap more than blocks; gaps and `Block.raw` in turn are all `raw` of the items."""
    partner = partners(items)
    gaps: list[list[str]] = [[]]
    blocks: list[Block] = []
    for run in _runs(items, partner):
        edges = _trimmed(items, partner, run)
        if edges is None:
            gaps[-1].append(_raw(items[slice(*run)]))
            continue
        start, end = edges
        before, block, after = _block(items[start:end])
        gaps[-1] += (_raw(items[run[0] : start]), before)
        blocks.append(block)
        gaps.append([after, _raw(items[end : run[1]])])
    return ["".join(gap) for gap in gaps], blocks


def _runs(items: Sequence[Item], partner: Sequence[int]) -> Iterator[_Run]:
    """Cover all items by what may be a block and what may not."""
    start = 0
    for index, item in enumerate(items):
        if item.kind is Kind.SPLIT or (item.is_tag and partner[index] < 0):
            yield from _bounded(items, (start, index))
            yield index, index + 1
            start = index + 1
    yield from _bounded(items, (start, len(items)))


def _bounded(items: Sequence[Item], run: _Run) -> Iterator[_Run]:
    inline = [index for index in range(*run) if items[index].kind is not Kind.TEXT]
    at = run[0]
    if len(inline) > MOST_MARKS:
        for index in inline:
            yield at, index
            yield index, index + 1
            at = index + 1
    yield at, run[1]


def _trimmed(items: Sequence[Item], partner: Sequence[int], run: _Run) -> _Run | None:
    """Return the part of a run that has to stay together, or None where it has no words to translate."""
    start, end = run
    if not _has_words(items[start:end]):
        return None
    words = list(accumulate((item.has_words for item in items[start:end]), initial=0))

    def wordless(first: int, last: int) -> bool:
        return words[last - run[0]] == words[first - run[0]]

    while True:
        first, last = partner[start], partner[end - 1]
        if items[start].kind is Kind.OPEN and first == end - 1:
            start, end = start + 1, end - 1
        elif _is_edge(items[start]) or (items[start].kind is Kind.OPEN and wordless(start, first)):
            start = max(first, start) + 1
        elif _is_edge(items[end - 1]) or (items[end - 1].kind is Kind.CLOSE and wordless(last, end)):
            end = last if last >= 0 else end - 1
        else:
            return start, end


def _has_words(items: Sequence[Item]) -> bool:
    return any(item.kind is Kind.TEXT and has_letter(item.text) for item in items)


def _is_edge(item: Item) -> bool:
    return item.kind is Kind.VOID or (item.kind is Kind.TEXT and not item.has_words)


def _block(items: Sequence[Item]) -> tuple[str, Block, str]:
    """Return the block of items, and the white space before and after it."""
    whole = list(items)
    before, whole[0] = _without_space(whole[0], at_end=False)
    after, whole[-1] = _without_space(whole[-1], at_end=True)
    text, marks = marked(whole)
    texts = [item for item in whole if item.kind is Kind.TEXT]
    syntax = next(item.syntax for item in texts if item.syntax)
    return before, Block(_raw(whole), text, marks, syntax, spelling([item.raw for item in texts])), after


def _without_space(item: Item, *, at_end: bool) -> tuple[str, Item]:
    if item.kind is not Kind.TEXT:
        return "", item
    if at_end:
        count = len(item.raw) - len(item.raw.rstrip(_SPACE))
        kept = len(item.raw) - count
        return item.raw[kept:], replace(item, raw=item.raw[:kept], text=item.text[: len(item.text) - count])
    count = len(item.raw) - len(item.raw.lstrip(_SPACE))
    return item.raw[:count], replace(item, raw=item.raw[count:], text=item.text[count:])


def _raw(items: Sequence[Item]) -> str:
    return "".join(item.raw for item in items)
