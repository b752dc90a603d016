"""Inline Markdown with offsets: markdown-it finds the spans, and its rules are wrapped to say where; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.parser_inline import RuleFuncInlineType
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

_SPANS, _DELIMITERS = "babelpool_spans", "babelpool_delimiters"
_WHOLE = frozenset({"code_inline", "footnote_ref", "hardbreak", "html_inline", "image", "softbreak", "text_special"})


References = Mapping[str, Any]
"""The link references of a document, as markdown-it keeps them."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of inline content that is not plain text.

    kind: the type of markdown-it's token. content: what it says (code, an escaped character, an image's alternative).
    """

    start: int
    end: int
    kind: str
    content: str = ""


@cache
def parser() -> MarkdownIt:
    """Return CommonMark with tables, strikethrough and footnotes, which leaves inline content to `spans`."""
    md = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    md.use(footnote_plugin, inline=False, move_to_end=False, always_match_refs=True)
    names, rules = md.inline.ruler.get_active_rules(), md.inline.ruler.getRules("")
    for name, rule in zip(names, rules, strict=True):
        if name not in {"text", "linkify"}:
            md.inline.ruler.at(name, _recording(name, rule))
    return md.disable("inline").disable("text_join")


def spans(content: str, references: References) -> list[Span]:
    """Return the spans of a block's inline content, in order; those of pairs are apart: `**`, then its end."""
    found: list[Span] = []
    delimiters: list[tuple[Token, int]] = []
    env: MutableMapping[str, Any] = {"references": references, _SPANS: found, _DELIMITERS: delimiters}
    md = parser()
    md.inline.parse(content, md, env, [])
    found += [_delimiter(token, at) for token, at in delimiters if token.type.endswith(("_open", "_close"))]
    return sorted(found, key=lambda span: span.start)


def _recording(name: str, rule: RuleFuncInlineType) -> RuleFuncInlineType:
    def recorded(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  # markdown-it calls it so
        if silent:
            return rule(state, silent)
        start, count = state.pos, len(state.tokens)
        known = {key: len(state.env[key]) for key in (_SPANS, _DELIMITERS)}
        if not rule(state, silent):
            return False
        if name == "image":
            for key, length in known.items():
                del state.env[key][length:]  # its alternative was parsed on its own, by its own offsets
        pushed = state.tokens[count:]
        if name in _RUNS:
            state.env[_DELIMITERS].extend(_positions(pushed, state.pos))
        else:
            state.env[_SPANS].extend(_spans(name, state, start, pushed))
        return True

    return recorded


def _spans(name: str, state: StateInline, start: int, pushed: list[Token]) -> Iterator[Span]:
    """Return the spans of what one rule has found between `start` and the state's position."""
    end = state.pos
    if name == "autolink":
        yield Span(start, end, name, state.src[start + 1 : end - 1])
    elif name == "link":
        label_end = state.md.helpers.parseLinkLabel(state, start, disableNested=True)
        yield Span(start, start + 1, "link_open")
        yield Span(label_end, end, "link_close", state.src[start + 1 : label_end])
    elif pushed and pushed[-1].type in _WHOLE:
        yield Span(start, end, pushed[-1].type, pushed[-1].content)


_RUNS = frozenset({"emphasis", "strikethrough"})


def _positions(tokens: list[Token], end: int) -> Iterator[tuple[Token, int]]:
    """Return where each marker of a run of `*`, `_` or `~` stands, the last of which ends at `end`."""
    for token in reversed(tokens):
        if token.content.strip("*_~"):
            return  # pending text
        end -= len(token.content)
        yield token, end


def _delimiter(token: Token, at: int) -> Span:
    first = at - 1 if token.type == "strong_open" else at  # the inner of its two markers
    return Span(first, first + len(token.markup), token.type)
