"""Writes words and marks as Markdown, and reads them again to see that they still mean the same; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from app.text.inline import Mark, weave
from app.text.markup.blocks import Spelling
from app.text.markup.html_attributes import Attributes
from app.text.markup.items import Kind
from app.text.markup.markdown_inline import Content, inline_items
from app.text.markup.markdown_spans import References, parser

_HARMLESS = re.compile(r"[^\\`*_\[\]<>&~|#+=\-\d:][^\\`*_\[\]<>&~|#]*")
_MEANINGFUL = re.compile(r"[\\`*_\[\]<&~|#]|!\Z|(?:\A|(?<=\s))[>+=\-:]")
_NUMBER = re.compile(r"\A(\d++)([.)])")
_MARKER = re.compile(r"\*\*|__|~~|[*_]")
_INNERMOST = re.compile(r"(?:\*|_|~~)+\Z")
_TAGS = {"*": "em", "_": "em", "**": "strong", "__": "strong", "~~": "del"}


class Place(Enum):
    """Where in a document words stand, for that decides what would mean something else there."""

    PARAGRAPH = auto()
    HEADING = auto()
    CELL = auto()


@dataclass(frozen=True, slots=True)
class MarkdownSyntax:
    """How words are written in one place of one document."""

    place: Place
    references: References = field(repr=False, compare=False)

    def __call__(self, text: str, marks: Sequence[Mark], spelling: Spelling) -> str:
        """Return the plainest of several ways to write them that reads back as the same words and marks."""
        line = " ".join(text.splitlines()) if not marks else text.replace("\n", " ")
        candidate = ""
        for variant, escape in _ways(marks, spelling):
            candidate = weave(line, variant, escape)
            if self._reads_back(candidate, line, variant):
                break
        return candidate.replace("|", "\\|") if self.place is Place.CELL else candidate

    def _reads_back(self, candidate: str, text: str, marks: Sequence[Mark]) -> bool:
        if not marks and _HARMLESS.fullmatch(candidate):
            return True
        if not self._stands(candidate):
            return False
        items = inline_items(Content.plain(candidate), self, self.references, Attributes("", wanted=False))
        words = "".join(item.text for item in items if item.kind is Kind.TEXT)
        markup = "".join(item.written for item in items if item.kind is not Kind.TEXT)
        bare = [replace(mark, before="", after="", literal=None if mark.literal is None else "") for mark in marks]
        return _same(words, weave(text, bare, str)) and _same(markup, weave(text, marks, _nothing))

    def _stands(self, candidate: str) -> bool:
        """Whether it is one block of its kind, and not, say, a list, which would also end a table at its first cell."""
        kind, before = ("heading_open", "# ") if self.place is Place.HEADING else ("paragraph_open", "")
        tokens = parser().parse(before + candidate, {"references": dict(self.references)})
        return len(tokens) == 3 and tokens[0].type == kind and tokens[1].content == candidate


def _ways(marks: Sequence[Mark], spelling: Spelling) -> Iterator[tuple[Sequence[Mark], Callable[[str], str]]]:
    def escaped(words: str) -> str:
        return _NUMBER.sub(r"\1\\\2", _MEANINGFUL.sub(r"\\\g<0>", words)).translate(dict(spelling))

    yield marks, lambda words: words.translate(dict(spelling))
    yield marks, escaped
    stars = [_with_stars(mark) for mark in marks]
    if stars != list(marks):
        yield stars, escaped
    if marks:
        yield [_with_tags(mark) for mark in marks], escaped


def _with_stars(mark: Mark) -> Mark:
    """`_` means nothing inside of a word, `*` does."""
    return _remarked(mark, lambda marker: ("*" * len(marker),) * 2 if marker[0] == "_" else None)


def _with_tags(mark: Mark) -> Mark:
    """`**` means nothing between a letter and a bracket, `<strong>` does everywhere."""
    return _remarked(mark, _tags)


def _tags(marker: str) -> tuple[str, str] | None:
    names = [_TAGS[part] for part in _MARKER.findall(marker)]
    return "".join(f"<{name}>" for name in names), "".join(f"</{name}>" for name in reversed(names))


def _remarked(mark: Mark, change: Callable[[str], tuple[str, str] | None]) -> Mark:
    """Return the mark with other markers next to its words, if it has any and the change knows how."""
    if mark.literal is not None or mark.is_empty:
        return mark
    found = _INNERMOST.search(mark.before)
    if found is None or not mark.after.startswith(found[0][::-1]):
        return mark
    changed = change(found[0])
    if changed is None:
        return mark
    return replace(
        mark, before=mark.before[: found.start()] + changed[0], after=changed[1] + mark.after[len(found[0]) :]
    )


def _same(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split())


def _nothing(words: str) -> str:  # noqa: ARG001
    return ""
