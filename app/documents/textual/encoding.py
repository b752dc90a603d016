"""From bytes to text and back in the encoding that a file is in: by its BOM, as UTF-8, or as it declares; pure."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.documents.errors import BrokenDocument

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LEGACY = frozenset(
    [f"cp{number}" for number in (*range(1250, 1259), 437, 850, 852, 866, 874, 932, 949)]
    + [f"iso8859-{number}" for number in range(1, 17)]
    + ["ascii", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "tis-620"]
    + ["gb2312", "gbk", "gb18030", "big5", "big5hkscs", "shift_jis", "euc_jp", "iso2022_jp", "euc_kr"]
)
# Browsers take the first for the second, a larger set.
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_ESCAPE = "\x1b"  # starts every other character set of ISO-2022-JP, whose bytes are ASCII otherwise

_META = re.compile(rb"<meta\s[^>]{0,500}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{1,40})", re.IGNORECASE)
_XML = re.compile(rb"\s{0,99}<\?xml\s[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})[\"']")
_HEAD = 4096
_CDATA, _CDATA_END = "<![CDATA[", "]]>"

Declared = Callable[[bytes], str]
"""A file -> the encoding that it says it is in; "" where it does not."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file is written. codec: Python's name."""

    codec: str
    bom: bytes = b""

    def encode(self, text: str) -> bytes:
        """Return the file. Raises UnicodeEncodeError where the encoding has not all of the characters."""
        return self.bom + text.encode(self.codec)

    def encode_markup(self, text: str) -> bytes:
        """Return a file of HTML or XML, with character references for what its encoding has not."""
        try:
            return self.encode(text)
        except UnicodeEncodeError:
            return self.bom + "".join(self._referring(text)).encode(self.codec, "xmlcharrefreplace")

    def _referring(self, text: str) -> Iterator[str]:
        """Inside of CDATA a reference is no reference, so the section ends where one is needed."""
        at = 0
        while (start := text.find(_CDATA, at)) >= 0 and (end := text.find(_CDATA_END, start)) >= 0:
            yield text[at:start]
            yield "".join(map(self._in_cdata, text[start:end]))
            at = end
        yield text[at:]

    def _in_cdata(self, character: str) -> str:
        written = character.encode(self.codec, "xmlcharrefreplace").decode(self.codec)
        return character if written == character else f"{_CDATA_END}{written}{_CDATA}"


def decode(data: bytes, declared: Declared = lambda _: "") -> tuple[str, Encoding]:
    """Return the text without its BOM, and how to write it again. Nothing is guessed.

    A declared encoding counts where the file is no UTF-8, and where it is plain ASCII so far.
    Raises BrokenDocument where the bytes are text in none of the ways that are known.
    """
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return _text(data[len(bom) :], Encoding(codec, bom))
    said = _codec(declared(data))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        if said == "utf-8":
            raise _unreadable() from None
        return _text(data, Encoding(said))
    is_open = text.isascii() and (_ESCAPE not in text or said == "iso2022_jp")
    return _text(data, Encoding(said if is_open else "utf-8"))


def declared_by_html(data: bytes) -> str:
    """Return what the XML declaration or a `<meta>` at the head of a page says."""
    found = _META.search(data[:_HEAD])
    label = found[1].decode("ascii", "replace") if found else ""
    return declared_by_xml(data) or _WIDER.get(_codec(label), label)


def declared_by_xml(data: bytes) -> str:
    """Return what the XML declaration says."""
    found = _XML.match(data)
    return found[1].decode("ascii", "replace") if found else ""


def _codec(name: str) -> str:
    try:
        known = codecs.lookup(name).name if name else "utf-8"
    except LookupError:
        return "utf-8"
    return known if known in _LEGACY else "utf-8"


def _text(data: bytes, encoding: Encoding) -> tuple[str, Encoding]:
    try:
        text = data.decode(encoding.codec)
    except UnicodeDecodeError:
        raise _unreadable() from None
    if "\0" in text:
        raise BrokenDocument("The document has NUL characters, as text never has. If it is text, save it as UTF-8.")
    if text.encode(encoding.codec) != data:
        raise BrokenDocument(f"The document cannot be written again in {encoding.codec} as it was. Save it as UTF-8.")
    return text, encoding


def _unreadable() -> BrokenDocument:
    return BrokenDocument("The document's encoding is unknown: it is no UTF-8 and declares no other. Save it as UTF-8.")
