"""From a marked-up text to its blocks: one function for all formats; pure."""

from __future__ import annotations

from app.text.markup import html
from app.text.markup.blocks import Blocks
from app.text.markup.html_attributes import Attributes
from app.text.markup.items import Item
from app.text.markup.options import Format, Options
from app.text.markup.runs import blocks_of


def parse(text: str, options: Options) -> Blocks:
    """Return the gaps and blocks of a text; linear in its length.

    Raises MalformedMarkup for XML that is not well-formed. Anything is HTML, and anything is Markdown.
    """
    attributes = Attributes(text, wanted=options.attributes)
    gaps, blocks = blocks_of(_items(text, options, attributes))
    return Blocks(tuple(gaps), tuple(blocks), dict(enumerate(attributes.blocks)), attributes.slot, attributes.skipped)


def _items(text: str, options: Options, attributes: Attributes) -> list[Item]:
    match options.format:
        case Format.HTML:
            return html.items_of(text, options, attributes)
        case Format.XML:
            from app.text.markup import xml  # its patterns, a tenth of our imports' time, wait for the first XML

            return xml.items_of(text, options, attributes)
        case Format.MARKDOWN:
            from app.text.markup import markdown  # and its parser for the first Markdown

            return markdown.items_of(text, options, attributes)
