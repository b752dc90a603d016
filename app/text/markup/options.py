"""What a caller may choose about markup; values only, pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """How a text is marked up."""

    HTML = "html"
    XML = "xml"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class Options:
    """attributes: translate what people read in attributes (`alt`, `title`, ...); HTML, and HTML in Markdown.

    ignore_tags: elements that stay as they are. splitting_tags, non_splitting_tags: elements that end a sentence, and
    that never do. In HTML all three are in lower case and add to what is known of its elements.
    outline_detection: XML elements are found to end sentences or not from where they stand; else only splitting_tags
    end them.
    """

    format: Format
    attributes: bool = True
    ignore_tags: frozenset[str] = frozenset()
    splitting_tags: frozenset[str] = frozenset()
    non_splitting_tags: frozenset[str] = frozenset()
    outline_detection: bool = True
