"""What a document is to the translator: units of text, and a way to write it again; values only, pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.text.markup import Options


@dataclass(frozen=True, slots=True)
class Unit:
    """A text that is translated on its own: a paragraph, a cell, a caption, a whole page of HTML.

    markup: how it is marked up; None for plain text. Inline markup (bold, links, fields) travels inside as XML or HTML,
    so that the text pipeline moves it with its words and gives every tag back exactly once.
    """

    text: str
    markup: Options | None = None


Write = Callable[[Sequence[str], str], bytes]
"""(one translation for each unit in order, the target language in BCP 47) -> the document with them in place."""


@dataclass(frozen=True, slots=True)
class Content:
    """A document that was read.

    write: with every unit's own text it gives the same bytes, or in XML parts the same infoset; whatever is no unit is
    as it was in any case. It may be called more than once and from any thread.
    source: the language that the document says it is in, in BCP 47; "" where it does not.
    notes: sentences for the reader on what was left as it is though it has words.
    """

    units: tuple[Unit, ...]
    write: Write
    source: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """What reading a document may take. Each raises DocumentTooLarge or UnsafeDocument before it is spent.

    max_bytes: of the file. max_unpacked: of all members of an archive together, and of any one as XML.
    max_members: of an archive. max_ratio: unpacked to packed bytes of a member of more than a megabyte.
    max_characters: of all units together, in code points.
    """

    max_bytes: int = 30_000_000
    max_unpacked: int = 200_000_000
    max_members: int = 10_000
    max_ratio: int = 200
    max_characters: int = 1_000_000
