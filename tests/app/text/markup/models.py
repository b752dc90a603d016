"""Stand-ins for a model and a projection, and skeletons of documents by parsers that are not ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from lxml import etree
from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.text.inline import Mark
from app.text.markup import Block, Options, parse

Translation = tuple[str, Sequence[Mark]]
Model = Callable[[Block], Translation]


def same(block: Block) -> Translation:
    """Translate to the same words."""
    return block.text, block.marks


def upper(block: Block) -> Translation:
    """Translate each letter in its place."""
    return "".join(one.upper() if len(one.upper()) == 1 else one for one in block.text), block.marks


def backwards(block: Block) -> Translation:
    """Translate to a language that says everything the other way round; marks go with their words."""
    length = len(block.text)
    marks = [replace(mark, start=length - mark.end, end=length - mark.start) for mark in block.marks]
    return block.text[::-1], sorted(marks, key=lambda mark: (mark.start, -mark.end))


def hostile(block: Block) -> Translation:
    """Translate to what means something in every format."""
    text, marks = upper(block)
    return "".join('<&>"*_`[]#|~'[ord(one) % 12] if one in "AEIOU" else one for one in text), marks


def translate(text: str, options: Options, model: Model) -> str:
    """Translate a text by a model."""
    blocks = parse(text, options)
    return blocks.render([block.woven(*model(block)) for block in blocks.blocks])


def texts(text: str, options: Options) -> list[str]:
    """Return the words of every block of a text."""
    return [block.text for block in parse(text, options).blocks]


def html_skeleton(text: str, *, ordered: bool) -> object:
    """Return tags, attributes, nesting and comments of HTML; without the order of siblings, if so wished."""
    root = LexborHTMLParser(f"<body>{text}").root  # before it, a comment is not in the body
    assert root is not None
    return _html_node(root, ordered=ordered)


def _html_node(node: LexborNode, *, ordered: bool) -> object:
    children = [_html_node(child, ordered=ordered) for child in node.iter(include_text=True) if child.tag != "-text"]
    attributes = sorted((key, value or "") for key, value in node.attributes.items()) if node.is_element_node else []
    own = node.html if node.tag in {"-comment", "script", "style"} else ""
    return node.tag, attributes, own, children if ordered else sorted(children, key=repr)


def xml_skeleton(text: str, *, ordered: bool) -> object:
    """Return the same of XML, whose root may be missing."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=False, strip_cdata=False)
    return _xml_node(etree.fromstring(f"<root>{text}</root>".encode(), parser), ordered=ordered)


def _xml_node(node: etree._Element, *, ordered: bool) -> object:
    if not isinstance(node.tag, str):
        return str(node)
    children = [_xml_node(child, ordered=ordered) for child in node]
    return node.tag, sorted(node.attrib.items()), children if ordered else sorted(children, key=repr)
