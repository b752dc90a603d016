"""HTML, whole documents and fragments, as items; pure. Offsets, not a tree: what is not translated is never rebuilt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import accumulate

from app.text.inline import Mark, weave
from app.text.markup.blocks import Spelling
from app.text.markup.html_attributes import Attributes
from app.text.markup.html_names import BLOCKS, CLOSES, CODE, INVISIBLE, SCOPES, UNNESTED, UNTOUCHED, VOIDS, WORDLESS
from app.text.markup.html_tokens import Token, TokenKind, tokenize
from app.text.markup.items import Item, Kind
from app.text.markup.options import Options

LONGEST_LITERAL = 160
"""Code points of code and the like that a sentence may hold; what is longer parts blocks."""

_LOOKED_BACK = 32  # open elements that an end tag which may be left out is looked for in
_WRAPPED = 40  # code points in a line that may have been wrapped
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}


def html_syntax(text: str, marks: Sequence[Mark], spelling: Spelling) -> str:
    """Write text content of HTML."""
    table = _ESCAPES | dict(spelling)
    return weave(text, marks, lambda words: words.translate(table))


def items_of(source: str, options: Options, attributes: Attributes) -> list[Item]:
    """Return the items of a source; readable attributes go to `attributes` and leave slots."""
    return list(_Reader(list(tokenize(source)), options, attributes).items())


class _Reader:
    def __init__(self, tokens: list[Token], options: Options, attributes: Attributes) -> None:
        self._tokens = tokens
        self._options = options
        self._attributes = attributes
        self._ends = _ends(tokens)
        self._wishes = [self._wish(token) if token.kind is TokenKind.OPEN else None for token in tokens]
        self._yes_before = list(accumulate((wish is True for wish in self._wishes), initial=0))
        self._links: set[str] = set()  # open elements that HTML does not nest
        self._blocks = (BLOCKS | options.splitting_tags) - options.non_splitting_tags

    def items(self) -> Iterator[Item]:
        regions = [(len(self._tokens), True)]  # (where it ends, whether it is translated), innermost last
        at = 0
        while at < len(self._tokens):
            while regions[-1][0] <= at:
                regions.pop()
            token, wish = self._tokens[at], self._wishes[at]
            end = self._ends[at]
            if wish is False and regions[-1][1] and self._yes_before[end] == self._yes_before[at]:
                yield self._untouched(at, end)
                at = end
                continue
            if wish is not None:
                regions.append((end, wish))
            yield from self._item(at, token) if regions[-1][1] else [Item(Kind.SPLIT, token.raw)]
            at += 1

    def _wish(self, token: Token) -> bool | None:
        """Return whether a tag asks for its content to be translated; None where it says nothing."""
        if token.name in CODE:
            return False
        lower = token.raw.lower()
        if "translate" in lower:
            attributes = token.attributes()
            if "notranslate" in attributes.get("class", "").split():
                return False
            said = attributes.get("translate", "-").lower()
            if said in {"", "yes", "no"}:
                return said != "no"
        return False if token.name in UNTOUCHED or token.name in self._options.ignore_tags else None

    def _untouched(self, start: int, end: int) -> Item:
        tokens = self._tokens[start:end]
        name = tokens[0].name
        first = self._attributes.taken(tokens[0]) if name == "textarea" else tokens[0].raw
        raw = first + "".join(token.raw for token in tokens[1:])
        if name in INVISIBLE:
            return Item(Kind.VOID, raw)
        if name in WORDLESS:
            return Item(Kind.VOID, raw, keeps_space=True)
        if any(token.kind is TokenKind.OPEN and token.name in self._blocks for token in tokens):
            return Item(Kind.SPLIT, raw)
        words = " ".join(unescape("".join(token.raw for token in tokens if token.kind is TokenKind.TEXT)).split())
        if not words:
            return Item(Kind.VOID, raw, keeps_space=True)
        return Item(Kind.LITERAL if len(words) <= LONGEST_LITERAL else Kind.SPLIT, raw, words)

    def _item(self, at: int, token: Token) -> Iterator[Item]:
        match token.kind:
            case TokenKind.TEXT:
                yield Item(Kind.TEXT, token.raw, unescape(token.raw), syntax=html_syntax)
            case TokenKind.RAW_TEXT:  # a title; the other elements of this kind are untouched
                yield Item(Kind.TEXT, token.raw, unescape(token.raw), syntax=html_syntax)
            case TokenKind.OTHER:
                # a template puts words there, a comment does not
                yield Item(Kind.VOID, token.raw, keeps_space=token.raw.startswith(("<?", "<%")))
            case TokenKind.CLOSE:
                self._links.discard(token.name)
                yield Item(Kind.SPLIT if token.name in self._blocks else Kind.CLOSE, token.raw, name=token.name)
            case TokenKind.OPEN:
                yield from self._open(at, token)

    def _open(self, at: int, token: Token) -> Iterator[Item]:
        raw = self._attributes.taken(token)
        if token.name == "br" and self._joins(at):
            yield Item(Kind.VOID, raw)
            yield Item(Kind.TEXT, "", " ")
        elif token.name in self._blocks:
            yield Item(Kind.SPLIT, raw)
        elif token.name in VOIDS:
            yield Item(Kind.VOID, raw, keeps_space=token.name != "wbr")
        else:
            previous = self._tokens[at - 1] if at else None
            beside = previous is not None and previous.kind is TokenKind.CLOSE and previous.name == "a"
            if token.name in self._links or (token.name == "a" and beside):
                yield Item(Kind.SPLIT, "")  # this link ends the one before; links side by side are a menu, not a word
            if token.name in UNNESTED:
                self._links.add(token.name)
            yield Item(Kind.OPEN, raw, name=token.name)

    def _joins(self, at: int) -> bool:
        """Whether this `<br>` only wraps a long line in the middle of a sentence: "... a line,<br>that goes on"."""
        around = self._tokens[max(at - 1, 0) : at + 2]
        if "br" in self._options.splitting_tags or len(around) < 3 or around[0].kind is not TokenKind.TEXT:
            return False
        before, after = around[0].raw.strip(), around[2].raw.lstrip()[:1]
        is_open = len(before) >= _WRAPPED and (before[-1].isalpha() or before[-1] == ",")
        return is_open and around[2].kind is TokenKind.TEXT and after.islower()


def _ends(tokens: Sequence[Token]) -> list[int]:
    """Return for each token the index after the element that it opens, its end tag included if it has one.

    A stack with the end tags that may be left out, which is enough to say how far a `translate="no"` reaches.
    """
    ends = [index + 1 for index in range(len(tokens))]
    waiting: list[int] = []
    names: Counter[str] = Counter()

    def close(until: int, end: int) -> None:
        while len(waiting) > until:
            opened = waiting.pop()
            names[tokens[opened].name] -= 1
            ends[opened] = end

    for index, token in enumerate(tokens):
        if token.kind is TokenKind.OPEN:
            until = _implied(tokens, waiting, token.name)
            close(len(waiting) if until is None else until, index)
            if token.name not in VOIDS and not (token.name in WORDLESS and token.raw.endswith("/>")):
                waiting.append(index)
                names[token.name] += 1
        elif token.kind is TokenKind.CLOSE and names[token.name]:
            while tokens[waiting[-1]].name != token.name:
                close(len(waiting) - 1, index)
            close(len(waiting) - 1, index + 1)
    close(0, len(tokens))
    return ends


def _implied(tokens: Sequence[Token], waiting: Sequence[int], name: str) -> int | None:
    """Return how much of the stack stays open at this start tag, or None for all of it."""
    closes = CLOSES.get(name, frozenset())
    ends_paragraph = name in BLOCKS and name not in {"br", "option", "optgroup"}
    found: int | None = None
    for depth in range(len(waiting) - 1, max(-1, len(waiting) - _LOOKED_BACK), -1):
        opened = tokens[waiting[depth]].name
        if opened in closes or (opened == "p" and ends_paragraph):
            found = depth
        elif opened in SCOPES:
            break
    return found
