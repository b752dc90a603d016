"""The text of one subtitle as items: words, tags, and line breaks that part or only wrap; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import pairwise

from app.text.inline import Mark, weave
from app.text.markup.blocks import Spelling
from app.text.markup.items import Item, Kind

TIMESTAMP = re.compile(r"<(?:\d{2,9}:)?\d{2}:\d{2}\.\d{3}>")
"""When the words behind it are to appear, in WebVTT."""

_OVERRIDE = r"\{\\[^{}\r\n]{0,200}\}"  # {\an8}, {\i1}: of Advanced SubStation, in SubRip too
_TAG = r"<(?P<end>/?)(?P<name>[A-Za-z]{1,9})(?=[\s.>/])[^<>\r\n]{0,500}>"
_TOKEN = re.compile(rf"(?P<break>(?:\r\n|[\r\n])[ \t]*+)|{_TAG}|(?P<void>{TIMESTAMP.pattern}|{_OVERRIDE})")
_SUBRIP_TAGS = frozenset({"b", "i", "u", "s", "font"})
_WEBVTT_TAGS = frozenset({"b", "c", "i", "lang", "rt", "ruby", "u", "v"})
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}

_DASHED = re.compile(r"[-\u2010-\u2015\u2212]\s*+\w")
_SUNG = re.compile(r"[♪♫]")
_SOUND = re.compile(r"\[[^\[\]]*+\]\Z|\([^()]*+\)\Z")
_SENTENCE = re.compile(r"(?:^|\s)(?P<word>\S{0,12}?)(?P<end>[.!?…。！？]{1,9})[\"'”’»)\]]{0,3}\Z")  # noqa: RUF001
_TITLES = frozenset(["dr", "dra", "hr", "jr", "m", "mlle", "mme", "mr", "mrs", "ms", "prof", "sr", "sra", "st"])
_MOST_LINES = 6  # that one sentence goes over
_LINE_END = re.compile(r"\r\n|[\r\n]")


def subrip_syntax(text: str, marks: Sequence[Mark], spelling: Spelling) -> str:  # noqa: ARG001
    """Write words of SubRip, which has no escapes."""
    return weave(text, marks)


def webvtt_syntax(text: str, marks: Sequence[Mark], spelling: Spelling) -> str:
    """Write words of WebVTT."""
    return weave(text, marks, lambda words: words.translate(_ESCAPES | dict(spelling)))


def items_of(raw: str, *, is_webvtt: bool) -> Iterator[Item]:
    """Yield the text of one cue as items."""
    tags = _WEBVTT_TAGS if is_webvtt else _SUBRIP_TAGS
    parts = _parts(raw)
    at = 0
    for token in _TOKEN.finditer(raw):
        name = (token["name"] or "").lower()
        if name and name not in tags:
            continue
        if at < token.start():
            yield _words(raw[at : token.start()], is_webvtt=is_webvtt)
        at = token.end()
        if token["break"]:
            yield Item(Kind.SPLIT, token[0]) if next(parts) else _words(token[0], is_webvtt=is_webvtt)
        elif name:
            yield Item(Kind.CLOSE if token["end"] else Kind.OPEN, token[0], name=name)
        else:
            yield Item(Kind.VOID, token[0])
    if at < len(raw):
        yield _words(raw[at:], is_webvtt=is_webvtt)


def _words(raw: str, *, is_webvtt: bool) -> Item:
    if is_webvtt:
        return Item(Kind.TEXT, raw, unescape(raw), syntax=webvtt_syntax)
    return Item(Kind.TEXT, raw, raw, syntax=subrip_syntax)


def _parts(raw: str) -> Iterator[bool]:
    """Yield for each line break whether what it parts is better translated, and shown, line by line.

    So are the lines of several speakers, of songs, sounds, lines that are sentences of their own, and very many lines.
    """
    lines = [_TOKEN.sub("", line).strip() for line in _LINE_END.split(raw)]
    is_list = sum(map(bool, lines)) > _MOST_LINES
    is_dialogue = bool(_DASHED.match(lines[0]))
    for line, following in pairwise(lines):
        yield (
            is_list
            or not line
            or not following
            or bool(_SUNG.match(following) or _SOUND.match(following) or _SOUND.match(line))
            or (is_dialogue and bool(_DASHED.match(following)))
            or (_ends_sentence(line) and not _continues(following))
        )


def _ends_sentence(line: str) -> bool:
    found = _SENTENCE.search(line[-30:])
    if found is None:
        return False
    word = found["word"].lower()
    return found["end"] != "." or (word not in _TITLES and not (len(word) == 1 and word.isalpha()))


def _continues(line: str) -> bool:
    return next((one.islower() for one in line if one.isalnum()), False)
