"""HTML, XML and Markdown: which words are there, and how to put other words in their place; pure.

`parse(text, Options(Format.HTML))` -> `Blocks`; translate each `Block.text` with its `Block.marks`; `Block.woven`
writes the result as markup; `Blocks.render` puts all of them back.
"""

from app.text.markup.blocks import Block, Blocks
from app.text.markup.errors import MalformedMarkup
from app.text.markup.options import Format, Options
from app.text.markup.parsing import parse

__all__ = ["Block", "Blocks", "Format", "MalformedMarkup", "Options", "parse"]
