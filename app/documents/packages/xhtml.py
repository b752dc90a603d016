"""Pages of XHTML as slots: their own characters everywhere but where words are; no tree, no DTD. Pure."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from app.documents.content import Unit
from app.documents.errors import BrokenDocument
from app.documents.packages.fragments import LostMarkup
from app.documents.packages.slots import Open, Part, Slot
from app.documents.packages.trees import unsafe_types
from app.text.markup import Block, Blocks, Format, MalformedMarkup, Options, parse
from app.text.markup.html_attributes import Attributes
from app.text.markup.html_names import BLOCKS, UNTOUCHED
from app.text.markup.html_tokens import Token, TokenKind
from app.text.markup.xml_tokens import XmlKind, XmlToken, tokenize

_XHTML = Options(
    Format.XML, outline_detection=False, splitting_tags=BLOCKS, ignore_tags=UNTOUCHED | {"rp", "rt"}, attributes=False
)
_HTML = Options(Format.HTML)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ENCODINGS = re.compile(r"utf-?8|us-ascii|iso-8859-\d+|windows-125\d|shift_jis|euc-jp|gb2312|gbk|gb18030|big5|euc-kr")
_TAG = re.compile(r"<[^<>]*>")
_ROOT = re.compile(r"<html\b[^<>]*>")
_LANGUAGE = re.compile(r"""(?<=\slang=)(["'])([^"']*)\1|(?<=\sxml:lang=)(["'])([^"']*)\3""")


def xhtml_part(name: str, language: str) -> Open:
    """Return how a page is opened. language: the book's, which the page names again."""

    def opening(data: bytes) -> Part:
        text, encoding = _decoded(data, name)
        blocks, options = _blocks(text, name)
        done = [block.raw for block in blocks.blocks]

        def written(target: str) -> bytes:
            return _in_language(blocks.render(done), language, target).encode(encoding, "xmlcharrefreplace")

        return Part([_slot(block, options, done, at) for at, block in enumerate(blocks.blocks)], written)

    return opening


def _slot(block: Block, options: Options, done: list[str], at: int) -> Slot:
    def put(translation: str) -> None:
        if options is _XHTML and block.marks and _tags(translation) != _tags(block.raw):
            raise LostMarkup("a translation does not have the tags of its page")
        done[at] = translation if block.marks else block.woven(translation, ())

    return Slot(Unit(block.raw, options) if block.marks else Unit(block.text), put)


def _tags(text: str) -> list[str]:
    return sorted(_TAG.findall(text))


def _decoded(data: bytes, name: str) -> tuple[str, str]:
    declared = _DECLARED.match(data)
    said = declared[1].decode("ascii").lower() if declared else "utf-8"
    encoding = next((one for bom, one in _BOMS if data.startswith(bom)), said)
    if not _ENCODINGS.fullmatch(encoding) and not encoding.startswith("utf-16-"):
        raise BrokenDocument(f"{name!r} in the document is in an encoding, {encoding[:20]!r}, that is not read here.")
    try:
        text = data.decode(encoding)
    except (LookupError, ValueError) as error:
        raise BrokenDocument(f"{name!r} in the document is not in the encoding that it says: {encoding}.") from error
    if "\0" in text:
        raise BrokenDocument(f"{name!r} in the document is no text in the encoding {encoding}.")
    return text, encoding


def _blocks(text: str, name: str) -> tuple[Blocks, Options]:
    """Read a page. One that is not well-formed is read as browsers read it."""
    try:
        tokens = tokenize(text)
    except MalformedMarkup:
        return parse(text, _HTML), _HTML
    if any(token.raw.startswith("<!DOCTYPE") and "[" in token.raw for token in tokens):
        raise unsafe_types(name)
    attributes = Attributes(text, wanted=True)
    slotted = "".join(_without_attributes(tokens, attributes))
    blocks = parse(slotted, _XHTML)
    if attributes.blocks:
        blocks = Blocks(blocks.gaps, blocks.body, dict(enumerate(attributes.blocks)), attributes.slot)
    return blocks, _XHTML


def _without_attributes(tokens: list[XmlToken], attributes: Attributes) -> Iterator[str]:
    """Take the attributes that people read out of the tags, but for elements that are not translated."""
    depth = 0  # inside of one of those
    for token in tokens:
        if token.kind is XmlKind.CLOSE and depth:
            depth -= 1
        is_tag = token.kind in {XmlKind.OPEN, XmlKind.EMPTY}
        is_taken = is_tag and not depth and not _stays(token)
        if token.kind is XmlKind.OPEN and not is_taken:
            depth += 1
        yield attributes.taken(Token(TokenKind.OPEN, token.raw, token.name)) if is_taken else token.raw


def _stays(token: XmlToken) -> bool:
    return token.name in _XHTML.ignore_tags or token.attributes().get("translate") == "no"


def _in_language(text: str, language: str, target: str) -> str:
    """Let the root say the new language where it said the book's old one."""

    def renamed(match: re.Match[str]) -> str:
        quote, value = match[1] or match[3], match[2] if match[1] else match[4]
        return f"{quote}{target}{quote}" if _primary(value) == _primary(language) else match[0]

    return _ROOT.sub(lambda root: _LANGUAGE.sub(renamed, root[0]), text, count=1)


def _primary(language: str) -> str:
    return language.partition("-")[0].strip().lower()
