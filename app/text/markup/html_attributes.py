"""Attributes that people read: takes them out of tags as blocks of their own; pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape

from app.text.characters import has_letter
from app.text.inline import Mark
from app.text.markup.blocks import Block, Spelling, Syntax
from app.text.markup.entities import spelling
from app.text.markup.html_names import BUTTONS, LABELLED, READABLE, READABLE_META
from app.text.markup.html_tokens import ATTRIBUTE, Token

_NONCHARACTERS = [chr(code) for code in range(0xFDD0, 0xFDF0)]
_BASE = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}


def _double(text: str, marks: Sequence[Mark], spelling: Spelling) -> str:  # noqa: ARG001
    return text.translate(_BASE | {ord('"'): "&quot;"} | dict(spelling))


def _single(text: str, marks: Sequence[Mark], spelling: Spelling) -> str:  # noqa: ARG001
    return text.translate(_BASE | {ord("'"): "&#39;"} | dict(spelling))


def _bare(text: str, marks: Sequence[Mark], spelling: Spelling) -> str:  # noqa: ARG001
    special = {ord(character): f"&#{ord(character)};" for character in "\"'`= \t\n\r\f"}
    return text.translate(_BASE | special | dict(spelling))


_SYNTAXES: dict[str, Syntax] = {"double": _double, "single": _single, "bare": _bare}


class Attributes:
    """Collects the attributes of one source, in order. skipped: passages with words that could not be read."""

    def __init__(self, source: str, *, wanted: bool) -> None:
        free = (character for character in _NONCHARACTERS if character not in source)
        self.slot = next(free, "") if wanted else ""
        self.blocks: list[Block] = []
        self.skipped = 0

    def taken(self, tag: Token) -> str:
        """Return the tag with slots where its readable attributes were."""
        if not self.slot or "=" not in tag.raw:
            return tag.raw
        readable = _readable(tag)
        out: list[str] = []
        at = 0
        for match in ATTRIBUTE.finditer(tag.raw, 1 + len(tag.name), len(tag.raw) - 1):
            name = match["name"].lower()
            quoting = match.lastgroup
            if name not in readable or quoting not in _SYNTAXES or not has_letter(unescape(match[quoting])):
                continue
            readable.discard(name)
            start, end = _inner(match.start(quoting), match[quoting])
            out += (tag.raw[at:start], self.slotted(tag.raw[start:end], _SYNTAXES[quoting]))
            at = end
        return "".join(out) + tag.raw[at:]

    def slotted(self, raw: str, syntax: Syntax) -> str:
        """Take this text as a block, and return the slot that keeps its place."""
        text = " ".join(unescape(raw).split())
        self.blocks.append(Block(raw, text, (), syntax, spelling([raw])))
        return f"{self.slot}{len(self.blocks) - 1}{self.slot}"


def _inner(start: int, value: str) -> tuple[int, int]:
    body = value.strip()
    first = start + len(value) - len(value.lstrip())
    return first, first + len(body)


def _readable(tag: Token) -> set[str]:
    """Return the names of the attributes of this tag that people read."""
    names = set(READABLE)
    if tag.name in LABELLED:
        names.add("label")
    if tag.name == "meta":
        attributes = tag.attributes()
        if (attributes.get("name") or attributes.get("property", "")).lower() in READABLE_META:
            names.add("content")
    elif tag.name == "input" and tag.attributes().get("type", "").lower() in BUTTONS:
        names.add("value")
    return names
