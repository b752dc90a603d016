"""The content of one XLIFF source as items: words, inline codes that are pairs, and those that stand alone; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape

from app.text.markup import Format, Options, html
from app.text.markup.html_attributes import Attributes
from app.text.markup.items import Item, Kind
from app.text.markup.xml import cdata_syntax, xml_syntax
from app.text.markup.xml_tokens import XmlKind, XmlToken

_START, _END = "<![CDATA[", "]]>"
_HTML_TAG = re.compile(r"<[A-Za-z][^<>]*>")
_NATIVE = frozenset({"bpt", "ept", "it", "ph", "cp"})
"""Their content is code of the original's format, not text."""

# What begins and ends a pair of codes, and the attributes that name the pair: the first that is there.
_ENDS = {"ept": "bpt", "ex": "bx", "ec": "sc", "em": "sm"}
_KEYS = dict.fromkeys(("bpt", "ept", "bx", "ex"), ("rid", "id")) | {
    "sc": ("id",),
    "sm": ("id",),
    "ec": ("startRef",),
    "em": ("startRef",),
}
# What a code that stands alone is in the original: half of a pair after all, or a variable that a sentence needs.
_SHOWN = ("equiv-text", "disp", "equiv")
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][\w:-]{0,40})(?:\s[^<>]*[^<>/])?\s*>")
_VOIDS = frozenset({"br", "hr", "img", "input", "wbr"})
_VARIABLE = re.compile(r"(?:[{%$@]|#\{|\[\[)[^\\\s].*", re.DOTALL)
_Key = tuple[str, str]
_NONE: _Key = ("", "")


def local(name: str) -> str:
    """Return a name without its prefix."""
    return name.rpartition(":")[2]


def items_of(tokens: Sequence[XmlToken], *, keeps_space: bool) -> list[Item]:
    """Return what stands between the tags of a source as items."""
    pieces = list(_pieces(tokens))
    ends = [_half(piece) for piece in pieces]
    begun: set[_Key] = set()
    whole: set[_Key] = set()
    for key, is_end in ends:
        (whole if is_end and key in begun else begun).add(key)
    halves = (half if half[0] in whole else (_NONE, False) for half in ends)
    return [
        item
        for piece, half in zip(pieces, halves, strict=True)
        for item in _items(piece, half, keeps_space=keeps_space)
    ]


def _pieces(tokens: Sequence[XmlToken]) -> Iterator[Sequence[XmlToken]]:
    """Yield tokens, those of an element that is no text together."""
    at = 0
    while at < len(tokens):
        end = at + 1
        if tokens[at].kind is XmlKind.OPEN and _is_whole(tokens[at]):
            depth = 1
            while depth:
                depth += {XmlKind.OPEN: 1, XmlKind.CLOSE: -1}.get(tokens[end].kind, 0)
                end += 1
        yield tokens[at:end]
        at = end


def _is_whole(token: XmlToken) -> bool:
    return local(token.name) in _NATIVE or _is_protected(token)


def _is_protected(token: XmlToken) -> bool:
    said = token.attributes()
    return said.get("translate") == "no" or said.get("mtype") == "protected"


def _half(piece: Sequence[XmlToken]) -> tuple[_Key, bool]:
    """Return which pair of codes a piece is one of, and whether it ends it; `_NONE` for none."""
    name = local(piece[0].name)
    if name in _KEYS:
        said = piece[0].attributes()
        value = next((said[key] for key in _KEYS[name] if key in said), "")
        return ((_ENDS.get(name, name), value), name in _ENDS) if value else (_NONE, False)
    tag = _TAG.fullmatch(_shown(piece))
    if tag is None or tag["name"].lower() in _VOIDS:
        return _NONE, False
    return ("<", tag["name"].lower()), bool(tag["end"])


def _shown(piece: Sequence[XmlToken]) -> str:
    """Return what a code that stands alone is in the original, "" where nothing says so."""
    if local(piece[0].name) not in {"x", "ph"}:
        return ""
    said = piece[0].attributes()
    shown = _words(piece) or unescape(next((said[name] for name in _SHOWN if name in said), "")).strip()
    return shown if len(shown) <= html.LONGEST_LITERAL else ""


def _words(piece: Sequence[XmlToken]) -> str:
    text = "".join(unescape(one.raw) for one in piece if one.kind in {XmlKind.TEXT, XmlKind.REFERENCE})
    return " ".join(text.split())


def _items(piece: Sequence[XmlToken], half: tuple[_Key, bool], *, keeps_space: bool) -> Iterator[Item]:
    token = piece[0]
    match token.kind:
        case XmlKind.TEXT | XmlKind.REFERENCE:
            yield Item(Kind.TEXT, token.raw, unescape(token.raw), keeps_space=keeps_space, syntax=xml_syntax)
        case XmlKind.CDATA:
            yield from _cdata(token.raw[len(_START) : -len(_END)], keeps_space=keeps_space)
        case XmlKind.OTHER:
            yield Item(Kind.VOID, token.raw)
        case _:
            yield _code(piece, *half)


def _code(piece: Sequence[XmlToken], key: _Key, is_end: bool) -> Item:  # noqa: FBT001
    token, raw = piece[0], "".join(token.raw for token in piece)
    if key != _NONE:
        return Item(Kind.CLOSE if is_end else Kind.OPEN, raw, name=":".join(key))
    if token.kind is XmlKind.EMPTY or local(token.name) in _NATIVE:
        shown = _shown(piece)
        is_variable = bool(_VARIABLE.fullmatch(shown))
        return Item(Kind.LITERAL if is_variable else Kind.VOID, raw, shown if is_variable else "", keeps_space=True)
    if len(piece) > 1:
        words = _words(piece)
        return Item(Kind.LITERAL if 0 < len(words) <= html.LONGEST_LITERAL else Kind.SPLIT, raw, words)
    if token.attributes().get("mtype") == "seg":
        return Item(Kind.SPLIT, raw)
    return Item(Kind.OPEN if token.kind is XmlKind.OPEN else Kind.CLOSE, raw, name=token.name)


def _cdata(content: str, *, keeps_space: bool) -> Iterator[Item]:
    yield Item(Kind.SPLIT, _START)
    if _HTML_TAG.search(content):
        yield from html.items_of(content, Options(Format.HTML, attributes=False), Attributes("", wanted=False))
    else:
        yield Item(Kind.TEXT, content, content, keeps_space=keeps_space, syntax=cdata_syntax)
    yield Item(Kind.SPLIT, _END)
